// SPDX-License-Identifier: Apache-2.0

/// What a judge says of a program's run.
public enum Verdict: Sendable, Equatable {
  case accepted
  case wrongAnswer(OutputDifference)
  case timeLimit
  case memoryLimit
  case outputLimit
  case processLimit
  /// `reason` is one line: the exit status or the signal by its name; `lastLines` are those of standard error.
  case runtimeError(reason: String, lastLines: String)
  case compileError(message: String)

  /// As written to files and reports.
  public var name: String {
    switch self {
    case .accepted: "accepted"
    case .wrongAnswer: "wrong_answer"
    case .timeLimit: "time_limit"
    case .memoryLimit: "memory_limit"
    case .outputLimit: "output_limit"
    case .processLimit: "process_limit"
    case .runtimeError: "runtime_error"
    case .compileError: "compile_error"
    }
  }

  /// What a person or a debugger should read of it; empty if the name says all.
  public var detail: String {
    switch self {
    case .accepted, .timeLimit, .memoryLimit, .outputLimit, .processLimit: ""
    case .wrongAnswer(let difference): difference.description
    case .runtimeError(let reason, ""): reason
    case .runtimeError(let reason, let lastLines): lastLines + "\n" + reason
    case .compileError(let message): message
    }
  }
}

extension Verdict {
  /// Judges a run of a program in `language` against the output that was expected.
  public init(_ result: RunResult, language: ProgramLanguage, expected: String) {
    switch result.end {
    case .stopped(.cpuTime), .stopped(.wallTime): self = .timeLimit
    case .stopped(.memory): self = .memoryLimit
    case .stopped(.output): self = .outputLimit
    case .stopped(.processes): self = .processLimit
    case .stopped(.scratch):
      self = .runtimeError(reason: "the scratch folder is full", lastLines: result.lastLines())
    case .exited(0):
      let difference = OutputDifference(expected: Array(expected.utf8), got: result.outputBytes)
      self = difference.map(Verdict.wrongAnswer) ?? .accepted
    case .exited(let status):
      self = Self.failure(result, language: language, reason: "exit status \(status)")
    case .signalled(let number):
      self = Self.failure(result, language: language, reason: signalName(number))
    }
  }

  private static func failure(_ result: RunResult, language: ProgramLanguage, reason: String) -> Verdict {
    let lastLines = result.lastLines()
    guard language == .python else { return .runtimeError(reason: reason, lastLines: lastLines) }
    let last = lastLines.split(separator: "\n").last ?? ""
    // Python says itself that an allocation was refused.
    if last.hasPrefix("MemoryError") { return .memoryLimit }
    // A program that was read but never begun has no traceback.
    let neverBegan = ["SyntaxError:", "IndentationError:", "TabError:"].contains { last.hasPrefix($0) }
    if neverBegan, !result.errors.contains("Traceback (most recent call last)") {
      return .compileError(message: lastLines)
    }
    return .runtimeError(reason: reason, lastLines: lastLines)
  }
}
