// SPDX-License-Identifier: Apache-2.0

/// A role's reply so far, split for display while it goes on: words without the tags that models put around them, and
/// the program without its fence.
package struct StreamedReply: Equatable, Sendable {
  /// The text before the program.
  package var words: String
  /// nil until a program has begun.
  package var program: String?

  /// Memberwise; checks nothing.
  package init(words: String, program: String?) {
    self.words = words
    self.program = program
  }

  /// Splits a role's reply so far.
  package init(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard let fence = lines.firstIndex(where: { StreamedReply.isFence($0) }) else {
      words = StreamedReply.withoutTags(text)
      return
    }
    words = StreamedReply.withoutTags(lines[..<fence].joined(separator: "\n"))
    // The line with the fence may still be on its way: it names the language.
    guard fence + 1 < lines.count else { return }
    let rest = lines[(fence + 1)...]
    var body = Array(rest.prefix { !StreamedReply.isFence($0) })
    // The beginning of a closing fence.
    if body.count == rest.count, let last = body.last, !last.isEmpty, last.count < 3, last.allSatisfy({ $0 == "`" }) {
      body.removeLast()
    }
    program = body.joined(separator: "\n")
  }

  private static func isFence(_ line: Substring) -> Bool {
    let bare = line.drop { $0 == " " }
    return bare.hasPrefix("```") || bare.hasPrefix("~~~")
  }

  private static let tags: Set<String> = [
    "problem", "description", "plan", "planning", "code", "algorithm", "confidence", "solution", "think", "response",
  ]

  private static func withoutTags(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    while let start = rest.firstIndex(of: "<") {
      result += rest[..<start]
      let inside = rest[rest.index(after: start)...]
      guard let end = inside.firstIndex(of: ">") else {
        let name = inside.drop { $0 == "/" }.lowercased()
        // Perhaps a tag that is still being written.
        if tags.contains(where: { $0.hasPrefix(name) }) { return tidied(result) }
        result += "<"
        rest = inside
        continue
      }
      let name = inside[..<end].drop { $0 == "/" }.lowercased()
      if tags.contains(name) {
        rest = inside[inside.index(after: end)...]
      } else {
        result += "<"
        rest = inside
      }
    }
    return tidied(result + rest)
  }

  /// Without blank lines, of which tags leave many, and without the beginning of a fence.
  private static func tidied(_ text: String) -> String {
    var lines = text.split(separator: "\n").filter { !$0.allSatisfy(\.isWhitespace) }
    if let last = lines.last, last.allSatisfy({ $0 == "`" }) { lines.removeLast() }
    return lines.joined(separator: "\n")
  }
}
