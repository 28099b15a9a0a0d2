// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Foundation

/// Text between tags, found in whatever a model has written around it.
struct TaggedText {
  var content: String
  /// False if the closing tag is missing, so that the content ends where the next part begins or the text ends.
  var isClosed: Bool

  /// The first text between `<name>` and `</name>`, capitals or not.
  ///
  /// - Parameter ends: tags of which the first ends a text that is not closed.
  static func first(_ name: String, in text: String, endedBy ends: [String] = []) -> TaggedText? {
    guard let opening = text.range(of: "<\(name)>", options: .caseInsensitive) else { return nil }
    let rest = text[opening.upperBound...]
    let stops = ends.compactMap { rest.range(of: "<\($0)>", options: .caseInsensitive)?.lowerBound }
    let stop = stops.min() ?? rest.endIndex
    if let closing = rest.range(of: "</\(name)>", options: .caseInsensitive), closing.lowerBound <= stop {
      return TaggedText(content: String(rest[..<closing.lowerBound]).trimmed, isClosed: true)
    }
    return TaggedText(content: String(rest[..<stop]).trimmed, isClosed: false)
  }

  /// The parts of a text that begin with `<name>`, without what comes before the first.
  static func parts(_ name: String, in text: String) -> [String] {
    var parts: [String] = []
    var rest = text[...]
    while let opening = rest.range(of: "<\(name)>", options: .caseInsensitive) {
      let after = rest[opening.upperBound...]
      let next = after.range(of: "<\(name)>", options: .caseInsensitive)?.lowerBound ?? after.endIndex
      parts.append(String(rest[opening.lowerBound..<next]))
      rest = after[next...]
    }
    return parts
  }
}

extension String {
  /// Without a model's thoughts, which stand between `<think>` tags; thoughts that do not end take all that follows.
  var withoutThoughts: String {
    var text = self
    while let opening = text.range(of: "<think>") {
      let end = text.range(of: "</think>", range: opening.upperBound..<text.endIndex)?.upperBound ?? text.endIndex
      text.removeSubrange(opening.lowerBound..<end)
    }
    // Some chat templates open the thoughts themselves.
    if let closing = text.range(of: "</think>") { text.removeSubrange(text.startIndex..<closing.upperBound) }
    return text
  }
}
