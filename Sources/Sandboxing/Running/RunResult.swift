// SPDX-License-Identifier: Apache-2.0

import Records

/// How a program ended.
public enum RunEnd: Sendable, Equatable {
  /// By itself, with this status; 0 means that all went well.
  case exited(status: Int32)
  /// By a signal.
  case signalled(Int32)
  /// It was ended because it took too much.
  case stopped(RunLimit)
}

/// The facts of a program's run, without judging them.
public struct RunResult: Sendable, Equatable {
  /// How it ended.
  public var end: RunEnd
  /// Its standard output, at most as much as it was allowed.
  public var outputBytes: [UInt8]
  /// The beginning and the end of what it wrote to standard error.
  public var errorBytes: [UInt8]
  /// Processor time of all its processes, in seconds.
  public var cpuSeconds: Double
  /// Elapsed time in seconds.
  public var wallSeconds: Double
  /// The highest memory in bytes, as `RunLimits.memoryBytes` counts it, sampled every 10 ms; 0 for a program that ended
  /// before the first sample.
  public var peakMemoryBytes: Int

  /// Standard output as text; bytes that are not UTF-8 are replaced.
  public var output: String { String(decoding: outputBytes, as: UTF8.self) }
  /// Standard error as text.
  public var errors: String { String(decoding: errorBytes, as: UTF8.self) }
}

extension RunResult {
  /// The last lines of standard error, each cut to what can be read.
  func lastLines(_ count: Int = 6) -> String {
    let lines = errors.split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }
    return lines.suffix(count).map { clipped(String($0), to: 199) }.joined(separator: "\n")
  }
}
