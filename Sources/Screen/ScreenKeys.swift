// SPDX-License-Identifier: Apache-2.0

import SessionInterface

/// The list of keys for `/help`, in the order in which a person looks for them.
package let keyHelp: [(keys: String, what: String)] = [
  ("Enter", "send"),
  ("Alt-Enter", "new line"),
  ("Esc", "stop the answer, or work on a program"),
  ("Ctrl-C", "stop the answer, or work on a program; twice: leave"),
  ("Ctrl-D", "leave, on an empty line"),
  ("PgUp PgDn", "scroll; also Home and End on an empty line"),
  ("Up Down", "earlier and later lines"),
  ("Tab", "complete a command or a file name; else go to the coding pane and back"),
  ("Ctrl-A E", "start and end of the line"),
  ("Alt-B F", "a word back and forward"),
  ("Ctrl-W U K", "cut a word, to the start, to the end"),
  ("Ctrl-Y", "put back what was cut"),
  ("Ctrl-R", "what is kept of the stream, or the picture again"),
  ("Ctrl-L", "draw anew"),
  ("Ctrl-Z", "suspend"),
]

/// Within how many seconds a second Ctrl-C leaves.
package let leaveSeconds = 2.0

func press(_ key: Key, _ state: inout ScreenState) -> [ScreenEffect] {
  if key == .control("c") { return interrupt(&state) }
  state.leaveArmedUntil = nil
  if state.coding.isFocused, let effects = pressInPane(key, &state) { return effects }
  switch key {
  case .text(let text): state.editor.insert(text)
  case .newLine: state.editor.insert("\n")
  case .enter: return submit(&state)
  case .tab: return state.editor.text.first == "/" ? complete(&state) : focusPane(&state)
  case .escape:
    if state.isAnswering { return stopAnswer(&state) }
    if state.coding.isUnderWay { return stopCoding(&state) }
    state.hint = nil
  case .control("d"):
    if state.editor.isEmpty { return leave(.quit) }
    state.editor.deleteForward()
  case .control("l"): return [.repaint]
  case .control("z"): return [.suspend]
  case .control("r"): return toggleRetention(&state) ?? []
  case .control("p"): recallPrevious(&state)
  case .control("n"): recallNext(&state)
  case .up: moveVertically(by: -1, &state)
  case .down: moveVertically(by: 1, &state)
  case .pageUp: scrollPages(-1, &state)
  case .pageDown: scrollPages(1, &state)
  case .lineUp: scrollLines(-3, &state)
  case .lineDown: scrollLines(3, &state)
  case .home where state.editor.isEmpty: scrollLines(-.max, &state)
  case .end where state.editor.isEmpty: state.scroll = .tail
  default: edit(key, &state.editor)
  }
  return []
}

/// Keys that only touch the line.
private func edit(_ key: Key, _ editor: inout LineEditor) {
  switch key {
  case .left, .control("b"): editor.moveLeft()
  case .right, .control("f"): editor.moveRight()
  case .home, .control("a"): editor.moveToStart()
  case .end, .control("e"): editor.moveToEnd()
  case .wordLeft, .alt("b"): editor.moveWordLeft()
  case .wordRight, .alt("f"): editor.moveWordRight()
  case .backspace, .control("h"): editor.deleteBackward()
  case .delete: editor.deleteForward()
  case .control("k"): editor.cutToEnd()
  case .control("u"): editor.cutToStart()
  case .control("w"): editor.cutBlankDelimitedWordLeft()
  case .control("y"): editor.insertCutText()
  case .altBackspace: editor.cutWordLeft()
  case .alt("d"): editor.cutWordRight()
  default: break
  }
}

// MARK: Leaving and stopping

private func leave(_ exit: ScreenExit) -> [ScreenEffect] { [.send(.quit), .exit(exit)] }

/// Ctrl-C: an answer is stopped first, then work on a program. When there is neither, or its stop was already asked for,
/// a second press within two seconds leaves.
private func interrupt(_ state: inout ScreenState) -> [ScreenEffect] {
  if state.isAnswering, !state.isCancelling { return stopAnswer(&state) }
  if !state.isAnswering, state.coding.isUnderWay, !state.coding.isStopping { return stopCoding(&state) }
  if state.leaveArmedUntil != nil { return leave(.interrupted) }
  state.editor.clear()
  state.leaveArmedUntil = state.now + leaveSeconds
  state.say("press Ctrl-C again to quit", seconds: leaveSeconds)
  return []
}

private func stopAnswer(_ state: inout ScreenState) -> [ScreenEffect] {
  guard !state.isCancelling else { return [] }
  state.isCancelling = true
  state.say("stopping the answer")
  return [.send(.cancelAnswer)]
}

// MARK: Sending

private func submit(_ state: inout ScreenState) -> [ScreenEffect] {
  let line = state.editor.text
  guard !line.trimmingSpaces.isEmpty else {
    state.editor.clear()
    return []
  }
  switch TypedLine(line) {
  case .text(let text):
    return ask(text, &state)
  case .unknown(let word):
    return [.checkPath(word: word, line: line)]
  case .command(.code, let argument):
    return code(argument, line: line, &state)
  case .command(let command, let argument):
    return run(command, argument, &state)
  }
}

private func ask(_ text: String, _ state: inout ScreenState) -> [ScreenEffect] {
  state.history.add(text)
  state.editor.clear()
  state.hint = nil
  state.scroll = .tail
  let question = text.trimmingSpaces
  state.conversation.append(.question(isWaiting: true), question)
  return [.send(.ask(question))]
}

func pathChecked(line: String, word: String, exists: Bool, _ state: inout ScreenState) -> [ScreenEffect] {
  if exists { return ask(line, &state) }
  let names = SlashCommand.allCases.map(\.rawValue)
  let advice = nearestName(to: String(word.dropFirst()), among: names).map { "did you mean /\($0)?" }
  state.say("\(word) is neither a command nor a file; " + (advice ?? "/help lists the commands"), isProblem: true)
  return []
}

private func run(_ command: SlashCommand, _ argument: String, _ state: inout ScreenState) -> [ScreenEffect] {
  if command.argument == nil, !argument.isEmpty {
    state.say("/\(command.rawValue) takes nothing after it", isProblem: true)
    return []
  }
  guard let effects = effects(of: command, argument, &state) else { return [] }
  state.history.add(state.editor.text)
  state.editor.clear()
  return effects
}

/// nil when the argument cannot be used: the line then stays to be mended, and the hint says why.
private func effects(
  of command: SlashCommand, _ argument: String, _ state: inout ScreenState
) -> [ScreenEffect]? {
  state.hint = nil
  switch command {
  case .help:
    state.conversation.append(.help, helpText())
    state.scroll = .tail
    return []
  case .clear:
    state.conversation.removeAll()
    state.scroll = .tail
    return [.send(.clearConversation)]
  case .pause: return withStream(&state, .pause)
  case .resume: return withStream(&state, .resume)
  case .quit: return leave(.quit)
  case .seek:
    guard let target = SeekTarget(argument) else {
      state.say("/seek needs a time: 12, 1:30, 1:02:03, +10 or -10", isProblem: true)
      return nil
    }
    switch target {
    case .absolute(let seconds): return withStream(&state, .seek(seconds: seconds))
    case .relative(let seconds): return withStream(&state, .seek(seconds: max(0, state.streamTime + seconds)))
    }
  case .memory: return toggleRetention(&state)
  case .budget:
    guard let tokens = parseTokenCount(argument) else {
      state.say("/budget needs a number of tokens: 512, or 2k for 2048", isProblem: true)
      return nil
    }
    return [.send(.setBudget(tokens: tokens))]
  case .policy:
    guard state.policies.contains(argument) else {
      let advice = nearestName(to: argument, among: state.policies).map { "did you mean \($0)?" }
      state.say(advice ?? "/policy needs one of \(state.policies.joined(separator: ", "))", isProblem: true)
      return nil
    }
    return [.send(.setPolicy(argument))]
  case .save:
    guard !argument.isEmpty else {
      state.say("/save needs the name of a file to write", isProblem: true)
      return nil
    }
    return [.send(.save(path: expandingHome(argument, state)))]
  case .code, .stop, .retry, .accept, .share, .saveCode: return codingEffects(of: command, argument, &state)
  }
}

func expandingHome(_ path: String, _ state: ScreenState) -> String {
  guard let home = state.homeDirectory, path == "~" || path.hasPrefix("~/") else { return path }
  return home + path.dropFirst()
}

private func withStream(_ state: inout ScreenState, _ command: SessionCommand) -> [ScreenEffect]? {
  guard state.hasStream else {
    state.say("there is no stream; start with --video SRC to have one", isProblem: true)
    return nil
  }
  return [.send(command)]
}

private func toggleRetention(_ state: inout ScreenState) -> [ScreenEffect]? {
  let effects = withStream(&state, .showRetention(!state.showsRetention))
  if effects != nil { state.showsRetention.toggle() }
  return effects
}

private func helpText() -> String {
  let commands = SlashCommand.allCases.map { "\($0.usage)\t\($0.summary)" }
  let keys = keyHelp.map { "\($0.keys)\t\($0.what)" }
  return (commands + [""] + keys).joined(separator: "\n")
}

// MARK: History and the rows of the line

private func moveVertically(by rows: Int, _ state: inout ScreenState) {
  if let width = ScreenLayout(state)?.inputTextColumns,
    let cursor = InputLayout(state.editor, width: width).cursor(rowsAway: rows, in: state.editor)
  {
    state.editor.move(to: cursor)
  } else if rows < 0 {
    recallPrevious(&state)
  } else {
    recallNext(&state)
  }
}

private func recallPrevious(_ state: inout ScreenState) {
  if let line = state.history.previous(current: state.editor.text) { state.editor.replace(with: line) }
}

private func recallNext(_ state: inout ScreenState) {
  if let line = state.history.next() { state.editor.replace(with: line) }
}

// MARK: Scrolling

private func scrollPages(_ pages: Int, _ state: inout ScreenState) {
  guard let layout = ScreenLayout(state) else { return }
  scrollLines(pages * max(1, layout.conversation.rows - 2), &state)
}

private func scrollLines(_ lines: Int, _ state: inout ScreenState) {
  guard let area = ScreenLayout(state)?.conversation else { return }
  let view = ConversationView(state, columns: area.columns, rows: area.rows)
  state.scroll = view.scrolled(by: lines)
}

// MARK: Completion

private func complete(_ state: inout ScreenState) -> [ScreenEffect] {
  let before = state.editor.textBeforeCursor
  guard before.first == "/" else { return [] }
  guard let space = before.firstIndex(of: " ") else {
    let names = SlashCommand.allCases.map { "/\($0.rawValue)" }
    complete(before, with: names, &state) { name in
      SlashCommand(rawValue: String(name.dropFirst()))?.argument == nil ? name : name + " "
    }
    return []
  }
  let argument = String(before[before.index(after: space)...]).trimmingSpaces
  switch SlashCommand(rawValue: String(before[..<space].dropFirst())) {
  case .policy: complete(argument, with: state.policies, &state)
  case .save, .saveCode: return [.listPaths(prefix: argument)]
  case .code:
    // `@FILE`, with a language before it perhaps.
    guard let mark = argument.lastIndex(of: "@") else { break }
    return [.listPaths(prefix: String(argument[argument.index(after: mark)...]))]
  default: break
  }
  return []
}

func complete(pathPrefix: String, with paths: [String], _ state: inout ScreenState) {
  // The line may have changed since the question.
  guard state.editor.textBeforeCursor.hasSuffix(pathPrefix) else { return }
  complete(pathPrefix, with: paths, &state)
}

/// Lengthens the word before the cursor as far as the candidates agree, and names them when there are several.
private func complete(
  _ word: String, with names: [String], _ state: inout ScreenState, finishing: (String) -> String = { $0 }
) {
  let candidates = names.filter { $0.hasPrefix(word) }
  guard let first = candidates.first else {
    state.say("nothing begins with \(word)", isProblem: true)
    return
  }
  if candidates.count == 1 {
    state.editor.insert(String(finishing(first).dropFirst(word.count)))
    state.hint = nil
    return
  }
  let common = candidates.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
  state.editor.insert(String(common.dropFirst(word.count)))
  state.say(candidates.joined(separator: "  "))
}

extension String {
  fileprivate func commonPrefix(with other: String) -> String {
    String(zip(self, other).prefix { $0 == $1 }.map(\.0))
  }
}
