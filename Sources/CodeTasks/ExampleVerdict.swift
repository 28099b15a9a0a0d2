// SPDX-License-Identifier: Apache-2.0

/// How a program did on an example.
public struct ExampleVerdict: Sendable, Equatable {
  /// The verdict's name, as shown and as written to files.
  public enum Kind: String, Sendable, CaseIterable {
    case accepted
    case wrongAnswer = "wrong_answer"
    case timeLimit = "time_limit"
    case memoryLimit = "memory_limit"
    case outputLimit = "output_limit"
    case processLimit = "process_limit"
    case runtimeError = "runtime_error"
    case compileError = "compile_error"
  }

  /// The verdict.
  public var kind: Kind
  /// What the program wrote; empty for a program that was never started.
  public var output: String
  /// Why, for a person and for the debugger; empty if the kind says all.
  public var detail: String
  /// Processor time in seconds.
  public var seconds: Double

  /// Makes a verdict.
  public init(kind: Kind, output: String = "", detail: String = "", seconds: Double = 0) {
    self.kind = kind
    self.output = output
    self.detail = detail
    self.seconds = seconds
  }
}
