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
  ("Ctrl-R", "what the KV cache retains of the stream, or the video again"),
  ("Ctrl-L", "draw again"),
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
  case .control("p"): showEarlierLine(&state)
  case .control("n"): showLaterLine(&state)
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

func leave(_ exit: ScreenExit) -> [ScreenEffect] { [.send(.quit), .exit(exit)] }

/// Ctrl-C: an answer is stopped first, then work on a program. When there is neither, or its stop was already asked
/// for, a second press within two seconds leaves.
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

func ask(_ text: String, _ state: inout ScreenState) -> [ScreenEffect] {
  state.history.add(text)
  state.editor.clear()
  state.hint = nil
  state.scroll = .tail
  let question = text.trimmingSpaces
  state.conversation.append(.question(isWaiting: true), question)
  return [.send(.ask(question))]
}

// MARK: History and the rows of the line

private func moveVertically(by rows: Int, _ state: inout ScreenState) {
  if let width = ScreenLayout(state)?.inputTextColumns,
    let cursor = InputLayout(state.editor, width: width).cursor(rowsAway: rows, in: state.editor)
  {
    state.editor.move(to: cursor)
  } else if rows < 0 {
    showEarlierLine(&state)
  } else {
    showLaterLine(&state)
  }
}

private func showEarlierLine(_ state: inout ScreenState) {
  if let line = state.history.previous(current: state.editor.text) { state.editor.replace(with: line) }
}

private func showLaterLine(_ state: inout ScreenState) {
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
