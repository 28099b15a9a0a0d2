// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import SessionInterface

/// What a key does while the pane has the keys; nil for those that do the same everywhere.
func pressInPane(_ key: Key, _ state: inout ScreenState) -> [ScreenEffect]? {
  switch key {
  case .tab: state.coding.isFocused = false
  case .escape:
    if state.coding.isUnderWay, !state.isAnswering { return stopCoding(&state) }
    if state.isAnswering { return nil }
    state.coding.isFocused = false
  case .up: scrollPane(by: -1, &state)
  case .down: scrollPane(by: 1, &state)
  case .lineUp: scrollPane(by: -3, &state)
  case .lineDown: scrollPane(by: 3, &state)
  case .pageUp: scrollPane(by: -pageRows(state), &state)
  case .pageDown: scrollPane(by: pageRows(state), &state)
  case .home: state.coding.top = 0
  case .end: state.coding.top = nil
  case .text("r"): return codingEffects(of: .retry, "", &state) ?? []
  case .text("a"): return codingEffects(of: .accept, "", &state) ?? []
  case .text("c"): return codingEffects(of: .share, "", &state) ?? []
  case .text("x"): return codingEffects(of: .stop, "", &state) ?? []
  case .text("s"):
    guard hasProgram(&state) else { return [] }
    state.coding.isFocused = false
    state.editor.replace(with: "/save-code ")
  case .text("q"):
    state.coding.isFocused = false
    state.coding.isOpen = false
  case .text("/"):
    state.coding.isFocused = false
    state.editor.insert("/")
  case .text, .enter, .newLine:
    state.say("the keys go to the coding pane; Tab goes back to the line")
  case .control, .alt: return nil
  default: break
  }
  return []
}

/// Tab on the line.
func focusPane(_ state: inout ScreenState) -> [ScreenEffect] {
  state.coding.isFocused = state.coding.isOpen && ScreenLayout(state) != nil
  return []
}

/// Where pane and conversation have no room beside each other, a task that was asked for is looked at.
func focusWhereNarrow(_ state: inout ScreenState) {
  guard let layout = ScreenLayout(state), layout.codingPane == nil else { return }
  state.coding.isFocused = true
}

private func pageRows(_ state: ScreenState) -> Int {
  guard let area = ScreenLayout(state)?.codingPane else { return 1 }
  return max(1, CodingView(state, area: area).bodyRows - 2)
}

private func scrollPane(by lines: Int, _ state: inout ScreenState) {
  guard let area = ScreenLayout(state)?.codingPane else { return }
  state.coding.top = CodingView(state, area: area).scrolled(by: lines)
}

func stopCoding(_ state: inout ScreenState) -> [ScreenEffect] {
  guard !state.coding.isStopping else { return [] }
  state.coding.isStopping = true
  state.say("stopping work on the program")
  return [.send(.cancelCode)]
}

private func hasProgram(_ state: inout ScreenState) -> Bool {
  if state.coding.program != nil { return true }
  state.say("there is no program yet; /code and a task asks for one", isProblem: true)
  return false
}

// MARK: Commands

/// What follows from a command about programs but `/code`; nil when it cannot be used now.
func codingEffects(of command: SlashCommand, _ argument: String, _ state: inout ScreenState) -> [ScreenEffect]? {
  switch command {
  case .stop:
    guard state.coding.isUnderWay else {
      state.say("no program is being worked on", isProblem: true)
      return nil
    }
    return stopCoding(&state)
  case .retry:
    guard let task = state.coding.task else {
      state.say("there is no task yet; /code and a task begins", isProblem: true)
      return nil
    }
    state.coding.ask(for: task)
    return [.send(.retryCode)]
  case .accept:
    guard hasProgram(&state) else { return nil }
    guard state.coding.isUnderWay else {
      state.say("work is over already; /save-code FILE writes the program", isProblem: true)
      return nil
    }
    return [.send(.acceptCode)]
  case .share:
    return hasProgram(&state) ? [.send(.shareProgram)] : nil
  case .saveCode:
    guard hasProgram(&state) else { return nil }
    guard !argument.isEmpty else {
      state.say("/save-code needs the name of a file to write", isProblem: true)
      return nil
    }
    return [.send(.saveProgram(path: expandingHome(argument, state)))]
  default: return nil
  }
}

/// `/code`: alone it opens and closes the pane; `@FILE` reads the task from a file; anything else is the task.
func code(_ argument: String, line: String, _ state: inout ScreenState) -> [ScreenEffect] {
  state.hint = nil
  guard !argument.isEmpty else {
    state.coding.isOpen.toggle()
    state.coding.isFocused = false
    if state.coding.isOpen { focusWhereNarrow(&state) }
    state.editor.clear()
    return []
  }
  do {
    let (language, rest) = try CodeTask.leadingLanguage(in: argument)
    guard rest.first == "@" else { return begin(try CodeTask(parsing: argument), line: line, &state) }
    let path = rest.dropFirst().trimmingSpaces
    guard !path.isEmpty else {
      state.say("/code @ needs the name of a file with the task", isProblem: true)
      return []
    }
    return [.readTask(path: expandingHome(path, state), language: language, line: line)]
  } catch {
    state.say("\(error)", isProblem: true)
    return []
  }
}

func taskRead(
  _ contents: FileContents, line: String, language: ProgramLanguage?, _ state: inout ScreenState
) -> [ScreenEffect] {
  switch contents {
  case .unreadable(let reason):
    state.say(reason, isProblem: true)
    return []
  case .text(let text):
    do {
      return begin(try CodeTask(parsing: text, language: language), line: line, &state)
    } catch {
      state.say("\(error)", isProblem: true)
      return []
    }
  }
}

private func begin(_ task: CodeTask, line: String, _ state: inout ScreenState) -> [ScreenEffect] {
  state.history.add(line)
  state.editor.clear()
  state.coding.ask(for: task)
  focusWhereNarrow(&state)
  return [.send(.code(task))]
}
