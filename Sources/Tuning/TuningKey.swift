// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile
import Platform

/// What tuned schedules belong to. They are used only where all of it is the same.
public struct TuningKey: Sendable, Codable, Equatable {
  /// The processor, as the system describes it.
  public var processor: String
  /// The instruction set whose kernels compute.
  public var kernels: String
  /// Threads that compute.
  public var threads: Int
  /// Checksum of the program.
  public var build: String

  /// Memberwise; `current` finds the values out.
  public init(processor: String, kernels: String, threads: Int, build: String) {
    self.processor = processor
    self.kernels = kernels
    self.threads = threads
    self.build = build
  }

  /// This machine and this program. It reads the whole program.
  ///
  /// - Returns: nil where the program cannot be read.
  public static func current(threads: Int) -> TuningKey? {
    guard let build = checksum(of: "/proc/self/exe") else { return nil }
    return TuningKey(
      processor: Processor().identity, kernels: InstructionSet.best.rawValue, threads: threads, build: build)
  }

  /// The name of the file: the same for every build, so that a new one replaces the schedules of the former.
  static func fileName(processor: String, kernels: String, threads: Int) -> String {
    var checksum = XXH64()
    checksum.update(Array("\(processor)\n\(kernels)".utf8))
    return "\(String(checksum.digest, radix: 16))-\(threads)-threads.json"
  }

  private static func checksum(of path: String) -> String? {
    guard let file = try? InputDescriptor(path: path) else { return nil }
    var checksum = XXH64()
    while let bytes = try? file.read(upTo: 1 << 20, stop: nil) {
      if bytes.isEmpty { return String(checksum.digest, radix: 16) }
      checksum.update(bytes)
    }
    return nil
  }
}
