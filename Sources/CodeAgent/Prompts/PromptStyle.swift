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

  /// The metadata key and value that ask for the short style.
  public static let metadataKey = "edgeassist.code.prompts"
  public static let shortValue = "short"
}

/// What a role is asked. Every prompt begins with the task, so that prompts of one task share a beginning.
public enum RoleRequest: Sendable, Equatable {
  case recall(count: Int)
  /// With a recalled task or without one.
  case plan(CodeExemplar?)
  /// How sure the planner is of a plan.
  case judge(plan: String)
  case write(plan: String, algorithm: String?)
  case correct(plan: String, program: String, failure: FailureReport)
  /// The program at once, without roles.
  case writeAtOnce

  public var role: CodeRole {
    switch self {
    case .recall: .retriever
    case .plan, .judge: .planner
    case .write, .writeAtOnce: .coder
    case .correct: .debugger
    }
  }

  /// The user's turn for a task.
  public func prompt(for task: CodeTask, style: PromptStyle) -> String {
    switch style {
    case .short: ShortPrompts.task(task) + "\n\n" + ShortPrompts.request(self, language: task.language)
    case .full: FullPrompts.task(task) + "\n\n" + FullPrompts.request(self, language: task.language)
    }
  }
}

/// The first example that a program failed, as the debugger reads it.
public struct FailureReport: Sendable, Equatable {
  public var example: CodeExample
  public var verdict: ExampleVerdict

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
