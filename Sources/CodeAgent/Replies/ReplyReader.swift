// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Foundation
import SessionInterface

/// Reads the replies of the roles. Models keep to a form only roughly, so that a reader takes what it can find. No text
/// makes it fail.
public enum ReplyReader {
  /// The retriever's reply: similar tasks.
  public struct Recollection: Sendable, Equatable {
    /// Similar tasks with their solutions.
    public var exemplars: [CodeExemplar]
    /// Algorithm for the task; nil if the retriever named none.
    public var algorithm: String?
  }

  /// The debugger's reply.
  public struct Correction: Sendable, Equatable {
    /// The corrected plan; nil if it is the old one.
    public var plan: String?
    /// The corrected program.
    public var program: String

    /// Makes a correction.
    public init(plan: String?, program: String) {
      self.plan = plan
      self.program = program
    }
  }

  private static let parts = ["problem", "description", "plan", "planning", "code", "algorithm"]

  /// Parses the retriever's reply.
  ///
  /// - Parameter count: exemplars that were asked for; more are left out.
  public static func recollection(in reply: String, count: Int, language: ProgramLanguage) -> ParsedReply<Recollection>
  {
    let text = reply.withoutThoughts
    var isMended = false
    var problems = TaggedText.parts("problem", in: text)
    if problems.isEmpty {
      problems = TaggedText.parts("description", in: text)
      isMended = !problems.isEmpty
    }
    var exemplars: [CodeExemplar] = []
    for problem in problems.prefix(max(count, 1)) {
      guard let description = TaggedText.first("description", in: problem, endedBy: parts),
        let plan = TaggedText.first("plan", in: problem, endedBy: parts)
          ?? TaggedText.first("planning", in: problem, endedBy: parts),
        !description.content.isEmpty, !plan.content.isEmpty
      else {
        isMended = true
        continue
      }
      let code = TaggedText.first("code", in: problem, endedBy: parts)
      if !description.isClosed || !plan.isClosed || code?.isClosed != true { isMended = true }
      let program = code.map { bareProgram($0.content) } ?? FencedCode.all(in: problem).last?.text ?? ""
      exemplars.append(
        CodeExemplar(description: description.content, plan: plan.content, program: unescaped(program)))
    }
    let algorithm = TaggedText.first("algorithm", in: text, endedBy: parts)
    if algorithm?.isClosed != true || exemplars.count < count { isMended = true }
    let found = Recollection(exemplars: exemplars, algorithm: algorithm?.content.nonEmpty)
    if exemplars.isEmpty && found.algorithm == nil { return .lost }
    return isMended ? .mended(found) : .kept(found)
  }

  /// The planner's plan.
  public static func plan(in reply: String) -> ParsedReply<String> {
    let text = reply.withoutThoughts
    if let plan = TaggedText.first("plan", in: text, endedBy: ["code", "confidence"]), !plan.content.isEmpty {
      return plan.isClosed ? .kept(plan.content) : .mended(withoutFences(plan.content))
    }
    if let plan = TaggedText.first("planning", in: text, endedBy: ["code"]), !plan.content.isEmpty {
      return .mended(plan.content)
    }
    let numbered = text.split(separator: "\n").filter(isNumbered)
    if !numbered.isEmpty { return .mended(numbered.joined(separator: "\n")) }
    let bare = withoutFences(text).trimmed
    return bare.isEmpty ? .lost : .mended(bare)
  }

  /// The planner's confidence in a plan, from 0 to 100.
  public static func confidence(in reply: String) -> ParsedReply<Int> {
    let text = reply.withoutThoughts
    let tagged = TaggedText.first("confidence", in: text)
    if let tagged, tagged.isClosed, let number = Int(tagged.content), (0...100).contains(number) {
      return .kept(number)
    }
    guard let number = firstNumber(in: tagged?.content ?? text) else { return .lost }
    return .mended(number)
  }

  /// The coder's program.
  ///
  /// - Parameter language: the language of fences that count as the expected ones.
  public static func program(in reply: String, language: ProgramLanguage) -> ParsedReply<String> {
    let text = reply.withoutThoughts
    let blocks = FencedCode.all(in: text).filter { !$0.text.trimmed.isEmpty }
    // Of several, the last is what the model came to.
    let whole = blocks.filter(\.isClosed)
    if let block = whole.last(where: { language.names.contains($0.language) }) { return .kept(block.text) }
    if let block = whole.last ?? blocks.last { return .mended(block.text) }
    if let code = TaggedText.first("code", in: text), !code.content.isEmpty {
      return .mended(unescaped(bareProgram(code.content)))
    }
    let bare = text.replacingOccurrences(of: "```", with: "").trimmed
    return looksLikeProgram(bare, language) ? .mended(bare) : .lost
  }

  /// The debugger's correction.
  public static func correction(in reply: String, language: ProgramLanguage) -> ParsedReply<Correction> {
    let program = program(in: reply, language: language)
    guard let text = program.value else { return .lost }
    let plan = TaggedText.first("plan", in: reply.withoutThoughts, endedBy: ["code"])
    let found = Correction(plan: plan.flatMap { withoutFences($0.content).nonEmpty }, program: text)
    return program.form == .kept && plan?.isClosed == true ? .kept(found) : .mended(found)
  }

  // MARK: Parts

  /// A program without fences around it.
  private static func bareProgram(_ text: String) -> String {
    FencedCode.all(in: text).last { !$0.text.trimmed.isEmpty }?.text ?? text
  }

  /// Text before the first fence; all of it where there is none.
  private static func withoutFences(_ text: String) -> String {
    text.range(of: "```").map { String(text[..<$0.lowerBound]).trimmed } ?? text
  }

  /// Models that take tags for XML escape what stands between them.
  private static func unescaped(_ text: String) -> String {
    guard text.contains("&lt;") || text.contains("&gt;") || text.contains("&amp;") else { return text }
    return text.replacingOccurrences(of: "&lt;", with: "<").replacingOccurrences(of: "&gt;", with: ">")
      .replacingOccurrences(of: "&quot;", with: "\"").replacingOccurrences(of: "&amp;", with: "&")
  }

  private static func isNumbered(_ line: Substring) -> Bool {
    let bare = line.drop { $0.isWhitespace || $0 == "*" }
    let digits = bare.prefix(while: \.isNumber)
    return !digits.isEmpty && digits.count <= 3 && [".", ")", ":"].contains(bare.dropFirst(digits.count).first)
  }

  /// The first number in a text as a whole number of hundredths: `85/100`, `85 %`, `about 85`, `0.85`.
  private static func firstNumber(in text: String) -> Int? {
    guard let start = text.firstIndex(where: { ("0"..."9").contains($0) }) else { return nil }
    var digits = text[start...].prefix { ("0"..."9").contains($0) || $0 == "." }
    while digits.last == "." { digits = digits.dropLast() }
    guard let value = Double(digits) else { return nil }
    let isShare = digits.contains(".") && value <= 1
    return Int(min(max((isShare ? value * 100 : value).rounded(), 0), 100))
  }

  private static func looksLikeProgram(_ text: String, _ language: ProgramLanguage) -> Bool {
    let signs: [String] =
      switch language {
      case .python: ["print(", "input(", "import ", "def "]
      case .c: ["#include", "int main"]
      case .swift: ["print(", "readLine(", "func ", "import "]
      }
    return signs.contains { text.contains($0) }
  }
}

extension String {
  var nonEmpty: String? { isEmpty ? nil : self }
}
