// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import SessionInterface

/// Effects of a command about programs other than `/code`; nil when it cannot be used now.
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
    return [.send(.saveProgram(path: typedPath(argument, state)))]
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
    return [.readTask(path: typedPath(path, state), language: language, line: line)]
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

/// Asks the session to stop the work under way, once.
func stopCoding(_ state: inout ScreenState) -> [ScreenEffect] {
  guard !state.coding.isStopping else { return [] }
  state.coding.isStopping = true
  state.say("stopping work on the program")
  return [.send(.cancelCode)]
}

/// Whether there is a program; a hint says so if there is none.
func hasProgram(_ state: inout ScreenState) -> Bool {
  if state.coding.program != nil { return true }
  state.say("there is no program yet; /code and a task asks for one", isProblem: true)
  return false
}
