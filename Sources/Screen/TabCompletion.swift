// SPDX-License-Identifier: Apache-2.0

/// Completes the word before the cursor of a command line.
func complete(_ state: inout ScreenState) -> [ScreenEffect] {
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
  case .policy: complete(argument, with: policyNames, &state)
  case .image, .save, .saveCode: return [.listPaths(prefix: argument)]
  case .code:
    // `@FILE`, with a language before it perhaps.
    guard let mark = argument.lastIndex(of: "@") else { break }
    return [.listPaths(prefix: String(argument[argument.index(after: mark)...]))]
  default: break
  }
  return []
}

/// Completes a path, of which the candidates have been found.
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
