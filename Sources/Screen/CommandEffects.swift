// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import SessionInterface

/// Names that `/policy` accepts and completes.
let policyNames = RetentionPolicy.allCases.map(\.rawValue)

/// Effects of a line that begins with a slash and names no command. If the word is a file, the line is a question.
func pathChecked(line: String, word: String, exists: Bool, _ state: inout ScreenState) -> [ScreenEffect] {
  if exists { return ask(line, &state) }
  let names = SlashCommand.allCases.map(\.rawValue)
  let advice = nearestName(to: String(word.dropFirst()), among: names).map { "did you mean /\($0)?" }
  state.say("\(word) is neither a command nor a file; " + (advice ?? "/help lists the commands"), isProblem: true)
  return []
}

/// Follows a command; a line that cannot be followed stays to be mended.
func run(_ command: SlashCommand, _ argument: String, _ state: inout ScreenState) -> [ScreenEffect] {
  if command.argument == nil, !argument.isEmpty {
    state.say("/\(command.rawValue) takes nothing after it", isProblem: true)
    return []
  }
  guard let effects = effects(of: command, argument, &state) else { return [] }
  state.history.add(state.editor.text)
  state.editor.clear()
  return effects
}

/// nil when the argument cannot be used: the hint then says why.
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
  case .cache: return toggleRetention(&state)
  case .budget:
    guard let tokens = parseTokenCount(argument) else {
      state.say("/budget needs a number of tokens: 512, or 2k for 2048", isProblem: true)
      return nil
    }
    return [.send(.setBudget(tokens: tokens))]
  case .policy:
    guard let policy = RetentionPolicy(rawValue: argument) else {
      let advice = nearestName(to: argument, among: policyNames).map { "did you mean \($0)?" }
      state.say(advice ?? "/policy needs one of \(policyNames.joined(separator: ", "))", isProblem: true)
      return nil
    }
    return [.send(.setPolicy(policy))]
  case .image:
    guard !argument.isEmpty else {
      state.say("/image needs the name of an image file", isProblem: true)
      return nil
    }
    return [.send(.showImage(path: typedPath(argument, state)))]
  case .save:
    guard !argument.isEmpty else {
      state.say("/save needs the name of a file to write", isProblem: true)
      return nil
    }
    return [.send(.save(path: typedPath(argument, state)))]
  case .code, .stop, .retry, .accept, .share, .saveCode: return codingEffects(of: command, argument, &state)
  }
}

/// A path as it is meant: without the quotes that many terminals put around the name of a file that is dropped on them,
/// and with `~` written out.
func typedPath(_ path: String, _ state: ScreenState) -> String {
  for quote in ["'", "\""] where path.count > 2 && path.hasPrefix(quote) && path.hasSuffix(quote) {
    // A shell writes a quote within such quotes so.
    return String(path.dropFirst().dropLast()).replacing("'\\''", with: "'")
  }
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

/// Shows the retention map, or the image again.
func toggleRetention(_ state: inout ScreenState) -> [ScreenEffect]? {
  let effects = withStream(&state, .showRetention(!state.showsRetention))
  if effects != nil { state.showsRetention.toggle() }
  return effects
}

private func helpText() -> String {
  let commands = SlashCommand.allCases.map { "\($0.usage)\t\($0.summary)" }
  let keys = keyHelp.map { "\($0.keys)\t\($0.what)" }
  return (commands + [""] + keys).joined(separator: "\n")
}
