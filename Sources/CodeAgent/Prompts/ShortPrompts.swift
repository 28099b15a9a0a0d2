// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import SessionInterface

/// Prompts in the few words that the embedded coder was trained on (`Models/recipe/coder/role_lessons.py`), to the
/// letter.
enum ShortPrompts {
  /// Examples that the model has learnt to read.
  private static let examples = 2

  static func task(_ task: CodeTask) -> String {
    var lines = ["Task:", task.statement]
    for example in task.examples.prefix(examples) {
      lines += ["Input:", example.input.droppingFinalNewlines, "Output:", example.output.droppingFinalNewlines]
    }
    return lines.joined(separator: "\n")
  }

  static func request(_ request: RoleRequest, language: ProgramLanguage) -> String {
    switch request {
    case .recall(let count):
      "Recall \(count) similar tasks."
    case .plan(nil):
      "Write a plan."
    case .plan(let exemplar?):
      "Similar task:\n\(exemplar.description)\nPlan:\n\(exemplar.plan)\n\nWrite a plan."
    case .judge(let plan):
      "Plan:\n\(plan)\n\nIs the plan right? Say how sure you are, 0 to 100."
    case .write(let plan, let algorithm):
      (algorithm.map { "Algorithm: \($0)\n" } ?? "") + "Plan:\n\(plan)\n\nWrite the program in \(language.rawValue)."
    case .correct(let plan, let program, let failure):
      "Plan:\n\(plan)\nProgram:\n\(fenced(program, language))\n" + report(failure)
        + "\n\nCorrect the plan and the program."
    case .writeAtOnce:
      "Write the program in \(language.rawValue)."
    }
  }

  private static func report(_ failure: FailureReport) -> String {
    "Input:\n\(failure.example.input.droppingFinalNewlines)\n"
      + "Expected:\n\(failure.example.output.droppingFinalNewlines)\n" + failure.happened(lines: 1)
  }
}
