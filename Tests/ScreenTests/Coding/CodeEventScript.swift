// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import SessionInterface

/// The events of a task from start to end: the first program fails, the debugger corrects it.
enum CodeEventScript {
  static let task = CodeTask(
    statement: "Read two integers and print their sum.",
    examples: [CodeExample(input: "1 2\n", output: "3\n"), CodeExample(input: "3 4\n", output: "7\n")])

  static let setup = CodeSetup(
    modelName: "coder.gguf", adaptedRoles: [.planner, .coder], containment: "bubblewrap: no network",
    isContainmentWeak: false, exemplarCount: 2, debugRounds: 3)

  static var weakSetup: CodeSetup {
    var setup = setup
    setup.containment = "limits only: programs can read files and use the network"
    setup.isContainmentWeak = true
    return setup
  }

  static let wrongText = """
    # Reads two numbers.
    a, b = map(int, input().split())
    print(a * b)
    """
  static let rightText = """
    # Reads two numbers.
    a, b = map(int, input().split())
    print(a + b)
    """
  static let wrong = CodeProgram(language: .python, text: wrongText, plan: 0, round: 0)
  static let right = CodeProgram(language: .python, text: rightText, plan: 0, round: 1)

  static let beginning: [CodeEvent] = [
    .started(task, setup),
    .roleStarted(.retriever, plan: nil, round: nil),
    .retrieved(
      [
        CodeExemplar(description: "Print the product of two integers.", plan: "1. Read.", program: "print()"),
        CodeExemplar(description: "Print the sum of a list.", plan: "1. Sum.", program: "print()"),
      ], algorithm: "addition"),
    .roleStarted(.planner, plan: 0, round: nil),
    .planned(CodePlan(number: 0, text: "1. Read both numbers.\n2. Print their sum.", confidence: nil)),
    .planned(CodePlan(number: 0, text: "1. Read both numbers.\n2. Print their sum.", confidence: 90)),
    .roleStarted(.planner, plan: 1, round: nil),
    .planned(CodePlan(number: 1, text: "1. Put the numbers in a list.\n2. Print its sum.", confidence: 60)),
    .roleStarted(.coder, plan: 0, round: nil),
  ]

  static let writing: [CodeEvent] = [.piece("```pyt"), .piece("hon\n# Reads two numbers.\na, b = map(int, inp")]

  static let failing: [CodeEvent] = [
    .programWritten(wrong),
    .exampleRun(0, ExampleVerdict(kind: .wrongAnswer, output: "2\n", seconds: 0.021)),
  ]

  static let debugging: [CodeEvent] = [
    .roleStarted(.debugger, plan: 0, round: 1), .piece("<plan>\n1. Read both"),
    .planned(CodePlan(number: 0, text: "1. Read both numbers.\n2. Print their sum.", confidence: 90)),
    .programWritten(right),
    .exampleRun(0, ExampleVerdict(kind: .accepted, output: "3\n", seconds: 0.02)),
    .exampleRun(1, ExampleVerdict(kind: .accepted, output: "7\n", seconds: 0.02)),
  ]

  static var outcome: CodeOutcome {
    CodeOutcome(
      end: .passed, program: right, examples: 2, examplesPassed: 2, plansTried: 1, debugRounds: 1,
      replies: CodeReplies(mended: 1, lost: 0, promptTokens: 512, answerTokens: 240), seconds: 3.2)
  }

  static let whole = beginning + writing + failing + debugging + [.finished(outcome)]
}

extension TestScreen {
  mutating func tell(_ events: [CodeEvent]) {
    for event in events { tell(.code(event)) }
  }
}

extension CodeEventScript {
  /// The pane with all of this, as a person would read it.
  static let drawnPane = """
    Code  python · coder.gguf                 0:03
    ✓ retriever  ✓ planner◆  ✓ coder◆  ✓ debugger

    Task  2 examples
    Read two integers and print their sum.

    Retrieved
    · Print the product of two integers.
    · Print the sum of a list.
      algorithm: addition

    Plans
      1  ━━━━━━━━━─ 90 % sure
         1. Read both numbers. 2. Print their sum.
      2  ━━━━━━──── 60 % sure
         1. Put the numbers in a list. 2. Print…

    Program  of plan 1
    │ # Reads two numbers.
    │ a, b = map(int, input().split())
    │ print(a * b)
    × example 1  wrong answer  0.02 s
      input     1 2
      expected  3
      got       2

    Debugging round 1  of plan 1
      # Reads two numbers.
      a, b = map(int, input().split())
    - print(a * b)
    + print(a + b)
    ✓ example 1  accepted  0.02 s
    ✓ example 2  accepted  0.02 s

    Program  as it is now
    │ # Reads two numbers.
    │ a, b = map(int, input().split())
    │ print(a + b)

    replies: 1 mended, 0 lost · 512 tokens read,
    240 written
    programs ran in: bubblewrap: no network
    ◆ a role with an adapter of its own

    ✓ passed 2 of 2 examples · 1 plan · 1 round ·
      3.2 s
    """
}
