// SPDX-License-Identifier: Apache-2.0

import CodeTasks

extension ExampleVerdict {
  /// Judges a run of a program in `language` against the output that was expected.
  init(_ result: RunResult, language: ProgramLanguage, expected: String) {
    let (kind, detail) = Self.judgement(of: result, language: language, expected: expected)
    self.init(kind: kind, output: result.output, detail: detail, seconds: result.cpuSeconds)
  }

  private static func judgement(
    of result: RunResult, language: ProgramLanguage, expected: String
  ) -> (Kind, detail: String) {
    switch result.end {
    case .stopped(.cpuTime), .stopped(.wallTime): return (.timeLimit, "")
    case .stopped(.memory): return (.memoryLimit, "")
    case .stopped(.output): return (.outputLimit, "")
    case .stopped(.processes): return (.processLimit, "")
    case .stopped(.scratch): return runtimeError(result, reason: "the scratch folder is full")
    case .exited(0):
      let difference = OutputDifference(expected: Array(expected.utf8), got: result.outputBytes)
      return difference.map { (.wrongAnswer, $0.description) } ?? (.accepted, "")
    case .exited(let status): return failure(result, language: language, reason: "exit status \(status)")
    case .signalled(let number): return failure(result, language: language, reason: signalName(number))
    }
  }

  private static func failure(
    _ result: RunResult, language: ProgramLanguage, reason: String
  ) -> (Kind, detail: String) {
    guard language == .python else { return runtimeError(result, reason: reason) }
    let lastLines = result.lastLines()
    let last = lastLines.split(separator: "\n").last ?? ""
    // Python says itself that an allocation was refused.
    if last.hasPrefix("MemoryError") { return (.memoryLimit, "") }
    // A program that was read but never started has no traceback.
    let neverStarted = ["SyntaxError:", "IndentationError:", "TabError:"].contains { last.hasPrefix($0) }
    if neverStarted, !result.errors.contains("Traceback (most recent call last)") { return (.compileError, lastLines) }
    return runtimeError(result, reason: reason)
  }

  /// - Parameter reason: one line, such as the exit status or the signal by its name. The last lines of standard error
  ///   stand before it.
  private static func runtimeError(_ result: RunResult, reason: String) -> (Kind, detail: String) {
    let lastLines = result.lastLines()
    return (.runtimeError, lastLines.isEmpty ? reason : lastLines + "\n" + reason)
  }
}
