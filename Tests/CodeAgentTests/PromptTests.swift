// SPDX-License-Identifier: Apache-2.0

import CodeAgent
import CodeTasks
import SessionInterface
import Testing

@Suite("What the roles are asked")
struct PromptTests {
  private let task = CodeTask(
    statement: "Print the sum.",
    examples: [
      CodeExample(input: "1 2\n", output: "3\n"), CodeExample(input: "4 5\n", output: "9\n"),
      CodeExample(input: "6 7\n", output: "13\n"),
    ])

  private static let wrong = FailureReport(
    example: CodeExample(input: "1 2\n", output: "3\n"), verdict: ExampleVerdict(kind: .wrongAnswer, output: "12\n"))

  @Test("The short style is to the letter what the embedded coder was trained on")
  func taskText() {
    #expect(
      RoleRequest.recall(count: 3).prompt(for: task, style: .short) == """
        Task:
        Print the sum.
        Input:
        1 2
        Output:
        3
        Input:
        4 5
        Output:
        9

        Recall 3 similar tasks.
        """)
  }

  @Test(
    "Requests of the short style",
    arguments: [
      (RoleRequest.plan(nil), "Write a plan."),
      (
        .plan(CodeExemplar(description: "Add.", plan: "1. Add.", program: "")),
        "Similar task:\nAdd.\nPlan:\n1. Add.\n\nWrite a plan."
      ),
      (.judge(plan: "1. A"), "Plan:\n1. A\n\nIs the plan right? Say how sure you are, 0 to 100."),
      (.write(plan: "1. A", algorithm: "sum"), "Algorithm: sum\nPlan:\n1. A\n\nWrite the program in python."),
      (.write(plan: "1. A", algorithm: nil), "Plan:\n1. A\n\nWrite the program in python."),
      (.writeAtOnce, "Write the program in python."),
      (
        .correct(plan: "1. A", program: "print(1)", failure: wrong),
        "Plan:\n1. A\nProgram:\n```python\nprint(1)\n```\nInput:\n1 2\nExpected:\n3\nGot:\n12\n\n"
          + "Correct the plan and the program."
      ),
    ])
  func requests(request: RoleRequest, text: String) {
    #expect(request.prompt(for: CodeTask(statement: "S"), style: .short) == "Task:\nS\n\n" + text)
  }

  @Test("The debugger is told what happened: the last line of an error, or a limit")
  func failures() {
    let prompt = { (verdict: ExampleVerdict) in
      let report = FailureReport(example: CodeExample(input: "", output: ""), verdict: verdict)
      return RoleRequest.correct(plan: "", program: "", failure: report).prompt(for: task, style: .short)
    }
    let error = prompt(ExampleVerdict(kind: .runtimeError, output: "", detail: "Traceback\nValueError: no"))
    #expect(error.contains("Error:\nValueError: no\n") && !error.contains("Traceback"))
    #expect(prompt(ExampleVerdict(kind: .timeLimit, output: "")).contains("\nIt ran too long.\n"))
  }

  @Test(
    "Both styles begin with the task, so that all prompts of a task share a beginning",
    arguments: [PromptStyle.short, .full])
  func sharedBeginning(style: PromptStyle) {
    let prompts = [
      RoleRequest.plan(nil), .judge(plan: "1. A"), .write(plan: "1. A", algorithm: nil), .writeAtOnce,
      .correct(plan: "1. A", program: "x", failure: Self.wrong),
    ].map { $0.prompt(for: task, style: style) }
    let shared = prompts.dropFirst().reduce(prompts[0]) { $0.commonPrefix(with: $1) }
    #expect(shared.contains("Print the sum.") && shared.contains("4 5"))
  }

  @Test("The full style shows the form that the reader of replies reads")
  func fullStyle() {
    let recall = RoleRequest.recall(count: 2).prompt(for: task, style: .full)
    for tag in ["<problem>", "<description>", "<plan>", "<code>", "</problem>", "<algorithm>"] {
      #expect(recall.contains(tag), "\(tag)")
    }
    let c = CodeTask(statement: "S", language: .c)
    #expect(RoleRequest.writeAtOnce.prompt(for: c, style: .full).contains("```c"))
    #expect(RoleRequest.judge(plan: "").prompt(for: task, style: .full).hasSuffix("<confidence>…</confidence>"))
  }

  @Test("What a program printed without end does not fill the prompt", arguments: [PromptStyle.short, .full])
  func clips(style: PromptStyle) {
    let verdict = ExampleVerdict(kind: .wrongAnswer, output: String(repeating: "y\n", count: 100_000))
    let failure = FailureReport(example: CodeExample(input: "1", output: "2"), verdict: verdict)
    #expect(RoleRequest.correct(plan: "", program: "", failure: failure).prompt(for: task, style: style).count < 4000)
  }
}
