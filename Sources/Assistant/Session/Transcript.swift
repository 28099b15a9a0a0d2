// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Platform
import Records
import SessionInterface

/// A conversation as a text file for people.
struct Transcript: Sendable {
  var turns: [DialogueTurn]
  var description: SessionDescription

  private static let beginning = "# Conversation with "

  /// Only an earlier conversation is replaced.
  static let replaceable = OutputFile.Replacement.kind("a saved conversation", beginning: beginning)

  /// The contents of the file.
  var text: String {
    var text = "\(Self.beginning)\(description.modelName)\n"
    if let source = description.source { text += "\nWatching \(source)\n" }
    for turn in turns {
      text += "\n**\(clock(turn.time)) You:** \(turn.question)\n\n**Assistant:** \(turn.answer)\n"
    }
    return text
  }
}
