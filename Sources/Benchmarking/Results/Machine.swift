// SPDX-License-Identifier: Apache-2.0

import Compute
import Foundation
import Inference
import Platform
import Records

/// The machine of a run.
public struct Machine: Sendable, Codable, Equatable {
  /// The processor's model name.
  public var processor: String
  /// Name of the instruction set whose kernels were used.
  public var instructions: String
  /// Worker threads of the run.
  public var threads: Int
  /// Logical processors of the machine.
  public var processors: Int
  /// Bytes of the processor's largest cache; 0 if not known.
  public var cacheBytes: Int
  /// Bytes of memory that may be used; 0 if not known.
  public var memoryBytes: Int
  /// Kernel name, release and architecture.
  public var system: String
  /// Products that were divided as `edgeassist autotune` had measured; nil in reports from before there was that, and
  /// where none was.
  public var tunedProducts: Int?

  /// Memberwise; `current` finds the values out.
  public init(
    processor: String, instructions: String, threads: Int, processors: Int, cacheBytes: Int, memoryBytes: Int,
    system: String, tunedProducts: Int? = nil
  ) {
    self.processor = processor
    self.instructions = instructions
    self.threads = threads
    self.processors = processors
    self.cacheBytes = cacheBytes
    self.memoryBytes = memoryBytes
    self.system = system
    self.tunedProducts = tunedProducts
  }

  /// The machine that this process runs on.
  ///
  /// - Parameters:
  ///   - threads: worker threads of the run.
  ///   - root: prefix of `/proc` and `/sys`, for tests.
  public static func current(threads: Int, root: String = "") -> Machine {
    let process = ProcessInfo.processInfo
    return Machine(
      processor: Processor(root: root).name ?? "unknown processor", instructions: InstructionSet.best.title,
      threads: threads,
      processors: process.activeProcessorCount, cacheBytes: largestCache(root: root),
      memoryBytes: MachineMemory.current(root: root)?.limit ?? 0, system: systemName())
  }

  /// All of it on one line, for people.
  public var title: String {
    var parts = [
      processor, instructions, "\(threads) of \(processors) processors",
    ]
    if let tunedProducts { parts.append("\(tunedProducts) tuned \(tunedProducts == 1 ? "product" : "products")") }
    if memoryBytes > 0 { parts.append(memorySize(memoryBytes)) }
    return (parts + [system]).joined(separator: " · ")
  }

  private static func largestCache(root: String) -> Int {
    (0..<8).compactMap { index -> Int? in
      guard let text = contents(root + "/sys/devices/system/cpu/cpu0/cache/index\(index)/size") else { return nil }
      let digits = text.prefix { $0.isNumber }
      let unit = text.dropFirst(digits.count).first
      return Int(digits).map { $0 << (unit == "M" ? 20 : unit == "K" ? 10 : 0) }
    }.max() ?? 0
  }

  private static func systemName() -> String {
    var names = utsname()
    guard uname(&names) == 0 else { return ProcessInfo.processInfo.operatingSystemVersionString }
    func text<T>(_ field: T) -> String {
      withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
    return text(names.sysname) + " " + text(names.release) + " " + text(names.machine)
  }

  /// The contents of a file of /proc or /sys, which report no size.
  private static func contents(_ path: String) -> String? {
    guard let handle = FileHandle(forReadingAtPath: path), let data = try? handle.readToEnd() else { return nil }
    return String(decoding: data, as: UTF8.self)
  }
}

extension InstructionSet {
  fileprivate var title: String { self == .portable ? "portable kernels" : rawValue }
}
