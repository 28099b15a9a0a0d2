// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Blocks of code between lines of three backticks or tildes.
struct FencedCode: Equatable {
  /// Info string behind the opening fence, in lower case; empty if there is none.
  var language: String
  var text: String
  var isClosed: Bool

  static func all(in text: String) -> [FencedCode] {
    var blocks: [FencedCode] = []
    var open: (language: String, fence: String, lines: [Substring])?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let bare = line.trimmingCharacters(in: .whitespaces)
      if let block = open {
        if bare.hasPrefix(block.fence), bare.allSatisfy({ $0 == block.fence.first }) {
          blocks.append(FencedCode(language: block.language, text: block.lines.joined(separator: "\n"), isClosed: true))
          open = nil
        } else {
          open?.lines.append(line)
        }
      } else if bare.hasPrefix("```") || bare.hasPrefix("~~~") {
        let language = bare.drop { $0 == bare.first }.trimmingCharacters(in: .whitespaces).lowercased()
        open = (language, String(bare.prefix(3)), [])
      }
    }
    if let open {
      blocks.append(
        FencedCode(language: open.language, text: open.lines.joined(separator: "\n"), isClosed: false))
    }
    return blocks
  }
}
