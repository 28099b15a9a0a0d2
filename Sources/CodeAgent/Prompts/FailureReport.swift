// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Records

/// The first example that a program failed, as the debugger reads it.
public struct FailureReport: Sendable, Equatable {
  /// The example.
  public var example: CodeExample
  /// How the program did on it.
  public var verdict: ExampleVerdict

  /// Makes a report.
  public init(example: CodeExample, verdict: ExampleVerdict) {
    self.example = example
    self.verdict = verdict
  }

  /// Result of the program in place of the expected output, headed as in `Got:`. It is cut, so that it never fills a
  /// prompt.
  func happened(lines: Int) -> String {
    switch verdict.kind {
    case .accepted, .wrongAnswer: "Got:\n" + clipped(verdict.output.droppingFinalNewlines, to: Self.shownCharacters)
    case .timeLimit: "It ran too long."
    case .memoryLimit: "It took too much memory."
    case .outputLimit: "It printed too much."
    case .processLimit: "It started too many processes."
    case .runtimeError, .compileError:
      "Error:\n"
        + verdict.detail.split(separator: "\n").suffix(lines).map { clipped(String($0), to: 200) }
        .joined(separator: "\n")
    }
  }

  private static let shownCharacters = 400
}
