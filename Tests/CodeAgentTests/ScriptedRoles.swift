// SPDX-License-Identifier: Apache-2.0

import CodeAgent
import CodeTasks
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

  func begin(
    replyTo prompt: String, as role: CodeRole, sampling: RoleSampling
  ) throws(ReportedError) -> any RoleReplyGeneration {
    asked.append((role, prompt))
    onAsk(role)
    // The last reply of a role is given again and again.
    let left = replies[role] ?? [""]
    let text = left[0]
    if left.count > 1 { replies[role] = Array(left.dropFirst()) }
    return ScriptedReply(reply: RoleReply(text: text, promptTokens: 10, answerTokens: 5))
  }
}

/// A reply that comes in one piece.
private struct ScriptedReply: RoleReplyGeneration {
  let reply: RoleReply
  private var isOver = false

  init(reply: RoleReply) { self.reply = reply }

  mutating func next(isCancelled: Bool) throws(ReportedError) -> String? {
    defer { isOver = true }
    return isOver || isCancelled ? nil : reply.text
  }
}

/// Accepts the programs that are named good; others fail one example.
struct ScriptedChecking: ProgramChecking {
  let containment = "none: nothing is run"
  let isContainmentWeak = false
  var good: Set<String> = []
  var failing = CodeExample(input: "2\n", output: "2\n")
  var languages: Set<ProgramLanguage> = [.python]
  /// Of each example. Cut short when the run is cancelled, as a sandbox's programs are.
  var secondsOfExample = 0.0

  func check(language: ProgramLanguage) throws(ReportedError) {
    guard languages.contains(language) else { throw ReportedError(.languageUnavailable, language.rawValue) }
  }

  func prepare(_ program: String, language: ProgramLanguage) async throws(ReportedError) -> (any RunnableProgram)? {
    ScriptedProgram(failing: good.contains(program) ? nil : failing, secondsOfExample: secondsOfExample)
  }
}

/// A program that passes examples without being run.
private struct ScriptedProgram: RunnableProgram {
  /// nil for a good program.
  let failing: CodeExample?
  let secondsOfExample: Double

  func verdict(on example: CodeExample) async throws(ReportedError) -> ExampleVerdict? {
    if secondsOfExample > 0 { try? await Task.sleep(for: .seconds(secondsOfExample)) }
    if Task.isCancelled { return nil }
    let fails = example == failing
    return ExampleVerdict(kind: fails ? .wrongAnswer : .accepted, output: fails ? "wrong" : "")
  }
}

func python(_ program: String) -> String { "```python\n\(program)\n```" }

func recollection(_ names: String...) -> String {
  names.map {
    "<problem>\n<description>\n\($0)\n</description>\n<plan>\n1. \($0)\n</plan>\n<code>\npass\n</code>\n</problem>\n"
  }.joined() + "<algorithm>\nfilter\n</algorithm>"
}
