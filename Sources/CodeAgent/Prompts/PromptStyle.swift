// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Records
import SessionInterface

/// How roles are asked.
public enum PromptStyle: Sendable {
  /// With full instructions, for any model that follows instructions.
  case full
  /// In the few words that the model was trained on; its file says `edgeassist.code.prompts` = `short`.
  case short

  /// The metadata key of a model file that names the style.
  public static let metadataKey = "edgeassist.code.prompts"
  /// The value that asks for the short style.
  public static let shortValue = "short"
}

/// What a role is asked. Every prompt begins with the task, so that prompts of one task share a beginning.
public enum RoleRequest: Sendable, Equatable {
  /// Similar tasks with their solutions.
  case recall(count: Int)
  /// A plan, after the example of a similar task or of none.
  case plan(CodeExemplar?)
  /// The planner's confidence in a plan.
  case judge(plan: String)
  /// A program for a plan, with the algorithm that the retriever named.
  case write(plan: String, algorithm: String?)
  /// A correction of a program that failed an example.
  case correct(plan: String, program: String, failure: FailureReport)
  /// The program at once, without roles.
  case writeAtOnce

  /// The role that is asked.
  public var role: CodeRole {
    switch self {
    case .recall: .retriever
    case .plan, .judge: .planner
    case .write, .writeAtOnce: .coder
    case .correct: .debugger
    }
  }

  /// The text of the user's message.
  public func prompt(for task: CodeTask, style: PromptStyle) -> String {
    switch style {
    case .short: ShortPrompts.task(task) + "\n\n" + ShortPrompts.request(self, language: task.language)
    case .full: FullPrompts.task(task) + "\n\n" + FullPrompts.request(self, language: task.language)
    }
  }
}

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

  /// What happened instead of the expected output, headed as in `Got:`. Cut, so that it never fills a prompt.
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

extension String {
  /// Without line breaks at the end.
  var droppingFinalNewlines: String { String(reversed().drop(while: \.isNewline).reversed()) }
}
