// SPDX-License-Identifier: Apache-2.0

import CodeAgent
import CodeTasks
import Platform
import Records
import SessionInterface

/// A model that answers each role from a script, and notes what it was asked.
final class ScriptedRoles: RoleModel {
  let name = "scripted"
  let adaptedRoles: [CodeRole] = []
  let promptStyle = PromptStyle.short
  private var replies: [CodeRole: [String]]
  private(set) var asked: [(role: CodeRole, prompt: String)] = []
  /// Called before each reply.
  var onAsk: (CodeRole) -> Void = { _ in }

  init(_ replies: [CodeRole: [String]]) { self.replies = replies }

  func reply(
    to prompt: String, as role: CodeRole, sampling: RoleSampling, stop: StopSource, emit: (String) -> Void
  ) throws(ReportedError) -> RoleReply {
    asked.append((role, prompt))
    onAsk(role)
    // The last reply of a role is given again and again.
    let left = replies[role] ?? [""]
    let text = left[0]
    if left.count > 1 { replies[role] = Array(left.dropFirst()) }
    if !stop.isStopped { emit(text) }
    return RoleReply(text: text, promptTokens: 10, answerTokens: 5)
  }
}

/// Accepts the programs that are named good; others fail the last example.
struct ScriptedChecking: ProgramChecking {
  let containment = "none: nothing is run"
  let isContainmentWeak = false
  var good: Set<String> = []
  var languages: Set<ProgramLanguage> = [.python]
  /// Of each example. Cut short when the run is cancelled, as a sandbox's programs are.
  var secondsOfExample = 0.0

  func check(language: ProgramLanguage) throws(ReportedError) {
    guard languages.contains(language) else { throw ReportedError(.languageUnavailable, language.rawValue) }
  }

  func run(
    _ program: String, language: ProgramLanguage, examples: [CodeExample],
    onVerdict: @Sendable (Int, ExampleVerdict) async -> Void
  ) async throws(ReportedError) -> [ExampleVerdict] {
    var verdicts: [ExampleVerdict] = []
    for index in examples.indices {
      if secondsOfExample > 0 { try? await Task.sleep(for: .seconds(secondsOfExample)) }
      if Task.isCancelled { break }
      let fails = !good.contains(program) && index == examples.count - 1
      verdicts.append(ExampleVerdict(kind: fails ? .wrongAnswer : .accepted, output: fails ? "wrong" : ""))
      await onVerdict(index, verdicts[index])
    }
    return verdicts
  }
}

func python(_ program: String) -> String { "```python\n\(program)\n```" }

func recollection(_ names: String...) -> String {
  names.map {
    "<problem>\n<description>\n\($0)\n</description>\n<plan>\n1. \($0)\n</plan>\n<code>\npass\n</code>\n</problem>\n"
  }.joined() + "<algorithm>\nfilter\n</algorithm>"
}
