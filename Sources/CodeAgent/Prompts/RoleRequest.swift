// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import SessionInterface

/// Request to a role. Every prompt begins with the task, so that prompts of one task share a prefix.
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
