// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Plotting
import Records
import SessionInterface

/// The scrolling text of the coding pane, as lines of at most `columns` columns.
struct CodingText {
  private let columns: Int
  private let theme: Theme
  private(set) var lines: [[TextRun]] = []

  init(columns: Int, theme: Theme) {
    self.columns = max(1, columns)
    self.theme = theme
  }

  /// Everything there is, in the order in which it happened.
  mutating func add(_ coding: CodingState) {
    guard let task = coding.task else {
      addHelp()
      return
    }
    add(task)
    addRetrieved(coding)
    addPlans(coding)
    for step in coding.steps {
      switch step {
      case .attempt(let attempt): add(attempt, task)
      case .nothingUsable(let role):
        space()
        add("The \(role.rawValue) wrote nothing that could be used.", theme.warning, mark: theme.symbols.warning)
      }
    }
    if let work = coding.work { add(work, task) }
    if let ending = coding.ending { add(ending, coding) }
  }

  // MARK: Lines

  private mutating func space() {
    if !lines.isEmpty { lines.append([]) }
  }

  private mutating func addTitle(_ title: String, _ remark: String = "") {
    space()
    lines.append([TextRun(title, theme.strong), TextRun(remark.isEmpty ? "" : "  \(remark)", theme.quiet)])
  }

  /// Words that are wrapped, with a mark before the first line; at most `most` lines of them.
  private mutating func add(
    _ text: String, _ style: CellStyle, indent: Int = 0, mark: String = "", most: Int = .max
  ) {
    let markColumns = mark.isEmpty ? 0 : displayWidth(of: mark) + 1
    let all = wrapped(text, width: max(1, columns - indent - markColumns))
    let blank = String(repeating: " ", count: indent)
    for (index, line) in all.prefix(most).enumerated() {
      let isCut = index == most - 1 && all.count > most
      lines.append([
        TextRun(blank), TextRun(markColumns == 0 ? "" : index == 0 ? mark + " " : padded("", markColumns), style),
        TextRun(line + (isCut ? theme.symbols.ellipsis : ""), style),
      ])
    }
  }

  /// A program behind a rule.
  private mutating func addProgram(_ text: String, language: ProgramLanguage) {
    for line in programRuns(text, language: language, columns: columns - 2, theme: theme) {
      lines.append([TextRun(theme.symbols.vertical + " ", theme.rule)] + line)
    }
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - displayWidth(of: text)))
  }

  // MARK: Before the first program

  private mutating func addHelp() {
    add("Give a task, and four roles write a program for it and run it on your examples:", theme.plain)
    let examples = [
      "/code Read two integers and print their sum. Input: 1 2 Output: 3", "/code c: Print the largest of n numbers.",
      "/code @task.txt",
    ]
    space()
    for example in examples { add(example, theme.question, indent: 2) }
    space()
    add(
      "A task may be pasted over several lines. Lines after Input: and Output: are an example. Programs are written "
        + "in \(ProgramLanguage.list).", theme.quiet)
  }

  private mutating func add(_ task: CodeTask) {
    addTitle("Task", task.examples.isEmpty ? "" : counted(task.examples.count, "example"))
    add(task.statement, theme.plain, most: 8)
    if task.examples.isEmpty {
      add("No examples: nothing can be checked.", theme.warning, mark: theme.symbols.warning)
    }
  }

  private mutating func addRetrieved(_ coding: CodingState) {
    guard !coding.exemplars.isEmpty || coding.algorithm != nil else { return }
    addTitle("Retrieved")
    for exemplar in coding.exemplars {
      add(oneLine(exemplar.description), theme.plain, mark: theme.symbols.note, most: 1)
    }
    if let algorithm = coding.algorithm { add("algorithm: \(oneLine(algorithm))", theme.quiet, indent: 2, most: 2) }
  }

  private func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private mutating func addPlans(_ coding: CodingState) {
    guard !coding.plans.isEmpty else { return }
    addTitle(coding.plans.count == 1 ? "Plan" : "Plans")
    for plan in coding.plans {
      let isCurrent = plan.number == coding.currentPlan
      let style = isCurrent ? theme.plain : theme.quiet
      lines.append(
        [TextRun("\(isCurrent ? theme.symbols.playing : " ") \(plan.number + 1)  ", isCurrent ? theme.question : style)]
          + confidence(plan.confidence))
      if isCurrent || coding.plans.count == 1 {
        for line in plan.text.split(whereSeparator: \.isNewline) { add(String(line), style, indent: 5) }
      } else {
        add(oneLine(plan.text), style, indent: 5, most: 1)
      }
    }
  }

  private func confidence(_ value: Int?) -> [TextRun] {
    guard let value else { return [TextRun("not judged yet", theme.quiet)] }
    let filled = min(10, max(0, (value + 5) / 10))
    return [
      TextRun(String(repeating: theme.symbols.barFilled, count: filled), theme.good),
      TextRun(String(repeating: theme.symbols.barFree, count: 10 - filled), theme.rule),
      TextRun(" \(value) % sure", theme.plain),
    ]
  }

  // MARK: Programs

  private mutating func add(_ attempt: CodingState.Attempt, _ task: CodeTask) {
    let program = attempt.program
    let plan = program.plan.map { "of plan \($0 + 1)" } ?? ""
    if let corrected = attempt.corrected {
      addTitle("Debugging round \(program.round)", plan)
      addChanges(from: corrected.text, to: program.text, language: program.language)
    } else {
      addTitle("Program", plan)
      addProgram(program.text, language: program.language)
    }
    for (example, verdict) in attempt.verdicts.sorted(by: { $0.key < $1.key }) {
      add(verdict, number: example, task.examples.indices.contains(example) ? task.examples[example] : nil)
    }
  }

  private mutating func addChanges(from old: String, to new: String, language: ProgramLanguage) {
    let changes = lineChanges(from: old, to: new)
    guard changes.contains(where: { if case .skipped = $0 { false } else { true } }) else {
      add("The program is the same.", theme.warning, mark: theme.symbols.warning)
      return
    }
    for change in changes {
      switch change {
      case .kept(let line):
        let runs = syntaxRuns([line], language: language).joined().map { TextRun($0.text, theme.style(of: $0.kind)) }
        addMarked("  ", .plain, runs)
      case .removed(let line): addMarked("- ", theme.failure, [TextRun(line, theme.failure)])
      case .added(let line): addMarked("+ ", theme.good, [TextRun(line, theme.good)])
      case .skipped(let number):
        lines.append([TextRun("\(theme.symbols.ellipsis) \(counted(number, "line"))", theme.quiet)])
      }
    }
  }

  private mutating func addMarked(_ mark: String, _ style: CellStyle, _ runs: [TextRun]) {
    for line in broken(runs, columns: columns - 2) { lines.append([TextRun(mark, style)] + line) }
  }

  private mutating func add(_ verdict: ExampleVerdict, number: Int, _ example: CodeExample?) {
    let isAccepted = verdict.kind == .accepted
    let style = isAccepted ? theme.good : theme.failure
    lines.append([
      TextRun(isAccepted ? theme.symbols.done : theme.symbols.failure, style),
      TextRun(" example \(number + 1)  ", theme.plain), TextRun(verdict.kind.words, style),
      TextRun("  \(decimal(verdict.seconds, places: 2)) s", theme.quiet),
    ])
    guard !isAccepted else { return }
    if verdict.kind != .compileError, let example { addBlock("input", example.input) }
    if verdict.kind == .wrongAnswer {
      if let example { addBlock("expected", example.output) }
      addBlock("got", verdict.output.isEmpty ? "nothing" : verdict.output)
    }
    addBlock("", verdict.detail)
  }

  /// A name and a few lines beside it.
  private mutating func addBlock(_ name: String, _ text: String) {
    let mostLines = 4
    let all = programLines(text)
    for (index, line) in all.prefix(mostLines).enumerated() {
      let left = "  " + padded(index == 0 ? name : "", name.isEmpty ? 0 : 10)
      // One line each: what is compared stands under each other.
      let room = max(1, columns - left.count)
      let isCut = displayWidth(of: line) > room
      let shown = isCut ? beginning(of: line, columns: room - displayWidth(of: theme.symbols.ellipsis)) : line
      lines.append([TextRun(left, theme.quiet), TextRun(shown + (isCut ? theme.symbols.ellipsis : ""), theme.plain)])
    }
    if all.count > mostLines {
      let blank = String(repeating: " ", count: name.isEmpty ? 2 : 12)
      let rest = "\(theme.symbols.ellipsis) \(counted(all.count - mostLines, "more line"))"
      lines.append([TextRun(blank + rest, theme.quiet)])
    }
  }

  private func beginning(of text: String, columns: Int) -> String {
    var width = 0
    return String(
      text.prefix { character in
        width += displayWidth(of: character)
        return width <= columns
      })
  }

  // MARK: What is under way, and the end

  private mutating func add(_ work: CodingState.Work, _ task: CodeTask) {
    // The final form of what was written stands above already.
    guard !work.isUsed else { return }
    let written = StreamedReply(work.text)
    guard !written.words.isEmpty || written.program != nil else { return }
    addTitle("The \(work.role.rawValue) writes")
    if !written.words.isEmpty { add(written.words, theme.quiet) }
    if let program = written.program { addProgram(program + theme.symbols.caret, language: task.language) }
  }

  private mutating func add(_ ending: CodingState.Ending, _ coding: CodingState) {
    guard case .finished(let outcome) = ending else { return }
    if let program = outcome.program, program.round > 0 || program != coding.lastAttempt?.program {
      addTitle("Program", "as it is now")
      addProgram(program.text, language: program.language)
    }
    space()
    let dot = " \(theme.symbols.dot) "
    let (replies, mended, lost) = (outcome.replies, outcome.replies.mended, outcome.replies.lost)
    let parts = [
      mended + lost == 0 ? "every reply was in form" : "replies: \(mended) mended, \(lost) lost",
      "\(count(replies.promptTokens)) tokens read, \(count(replies.answerTokens)) written",
    ]
    add(parts.joined(separator: dot), theme.quiet)
    guard let setup = coding.setup else { return }
    if !setup.isContainmentWeak { add("programs ran in: \(setup.containment)", theme.quiet) }
    if !setup.adaptedRoles.isEmpty {
      add("\(theme.symbols.adapted) a role with an adapter of its own", theme.quiet)
    }
  }
}

extension ExampleVerdict.Kind {
  /// As people read it.
  var words: String { rawValue.split(separator: "_").joined(separator: " ") }
}
