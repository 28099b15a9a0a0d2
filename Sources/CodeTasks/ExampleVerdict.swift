// SPDX-License-Identifier: Apache-2.0

/// How a program did on an example.
public struct ExampleVerdict: Sendable, Equatable {
  /// The verdict's name, as shown and as written to files.
  public enum Kind: String, Sendable, CaseIterable {
    /// The output is the expected one, white space at the ends of lines left out.
    case accepted
    /// It ended well with another output.
    case wrongAnswer = "wrong_answer"
    /// It took too much processor time, or too much time.
    case timeLimit = "time_limit"
    /// It took too much memory.
    case memoryLimit = "memory_limit"
    /// It wrote too much.
    case outputLimit = "output_limit"
    /// It started too many processes or threads.
    case processLimit = "process_limit"
    /// It ended with a signal or an exit status other than 0.
    case runtimeError = "runtime_error"
    /// It was never run.
    case compileError = "compile_error"
  }

  /// The verdict.
  public var kind: Kind
  /// Output of the program; empty for a program that was never started.
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
