// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Foundation
import Records
import SessionInterface

/// A conversation as a text file for people.
struct Transcript {
  var turns: [DialogueTurn]
  var description: SessionDescription

  /// - Throws: `ReportedError.outputUnwritable` naming the file and the reason.
  func write(to path: String) throws(ReportedError) {
    var text = "# Conversation with \(description.modelName)\n"
    if let source = description.source { text += "\nWatching \(source)\n" }
    for turn in turns {
      text += "\n**\(clock(turn.time)) You:** \(turn.question)\n\n**Assistant:** \(turn.answer)\n"
    }
    do {
      try text.write(toFile: (path as NSString).expandingTildeInPath, atomically: true, encoding: .utf8)
    } catch {
      throw .outputUnwritable(message: "\(path) cannot be written: \(error.localizedDescription)")
    }
  }
}
