// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Records
import SessionInterface

/// Prompts with full instructions, for any model that follows them. Replies have the same form as in the short style.
enum FullPrompts {
  static func task(_ task: CodeTask) -> String {
    var text = """
      You are one of several programmers who solve a task together. The program reads standard input and writes \
      standard output, and nothing else.

      ## Task
      \(task.statement)
      """
    for (number, example) in task.examples.enumerated() {
      text += """


        ### Example \(number + 1)
        Input:
        ```
        \(example.input.droppingFinalNewlines)
        ```
        Output:
        ```
        \(example.output.droppingFinalNewlines)
        ```
        """
    }
    return text
  }

  static func request(_ request: RoleRequest, language: ProgramLanguage) -> String {
    let title = language.title
    return switch request {
    case .recall(let count): recall(count, title)
    case .plan(let exemplar): plan(exemplar)
    case .judge(let plan): judge(plan)
    case .write(let plan, let algorithm): write(plan, algorithm, language, title)
    case .correct(let plan, let program, let failure): correct(plan, program, failure, language, title)
    case .writeAtOnce:
      """
      ## Your part
      Write the whole program in \(title), in one fenced block that begins with \
      ```\(language.rawValue). Write nothing else.
      """
    }
  }

  private static func recall(_ count: Int, _ title: String) -> String {
    """
    ## Your part
    Recall \(count) different tasks that you know and that are solved in a similar way. For each, give a short \
    description, a plan in numbered steps, and a \(title) program. Then name the algorithm that they have in common, \
    in one or two sentences on how it works. Answer in exactly this form, with \(count) problems:

    <problem>
    <description>
    …
    </description>
    <plan>
    1. …
    2. …
    </plan>
    <code>
    …
    </code>
    </problem>
    <algorithm>
    …
    </algorithm>
    """
  }

  private static func plan(_ exemplar: CodeExemplar?) -> String {
    var text = ""
    if let exemplar {
      text = """
        ## A similar task
        \(exemplar.description)

        ## Its plan
        \(exemplar.plan)


        """
    }
    return text + """
      ## Your part
      Write a plan for the task\(exemplar == nil ? "" : ", with the similar task as a help"): short numbered steps \
      from reading the input to printing the output, exact enough to write the program from. No program. Answer in \
      exactly this form:

      <plan>
      1. …
      2. …
      </plan>
      """
  }

  private static func judge(_ plan: String) -> String {
    """
    ## A plan
    \(plan)

    ## Your part
    Follow the plan on the examples by hand. Is it right for every input? Answer with one number from 0 (surely wrong) \
    to 100 (surely right), in exactly this form:

    <confidence>…</confidence>
    """
  }

  private static func write(_ plan: String, _ algorithm: String?, _ language: ProgramLanguage, _ title: String)
    -> String
  {
    """
    \(algorithm.map { "## Algorithm\n\($0)\n\n" } ?? "")## Plan
    \(plan)

    ## Your part
    Write the program in \(title), following the plan. It reads all input from standard input, prints only what the \
    task asks for, and uses the standard library alone. Answer with the whole program in one fenced block that begins \
    with ```\(language.rawValue), and nothing else.
    """
  }

  private static func correct(
    _ plan: String, _ program: String, _ failure: FailureReport, _ language: ProgramLanguage, _ title: String
  ) -> String {
    """
    ## Plan
    \(plan)

    ## Program
    \(fenced(program, language))

    ## What went wrong
    Input:
    ```
    \(clipped(failure.example.input.droppingFinalNewlines, to: 800))
    ```
    Expected:
    ```
    \(clipped(failure.example.output.droppingFinalNewlines, to: 800))
    ```
    \(failure.happened(lines: 6))

    ## Your part
    Find the mistake, in the plan or in the program, and correct both. Answer with the whole corrected plan and the \
    whole corrected \(title) program, in exactly this form:

    <plan>
    1. …
    2. …
    </plan>
    \(fenced("…", language))
    """
  }
}
