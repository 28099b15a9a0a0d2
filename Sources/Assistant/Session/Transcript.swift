// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Foundation
import Platform
import Records
import SessionInterface

/// A conversation as a text file for people.
struct Transcript {
  var turns: [DialogueTurn]
  var description: SessionDescription

  private static let beginning = "# Conversation with "

  /// Writes the conversation. Of the files that exist only an earlier conversation is replaced.
  ///
  /// - Parameter stop: ends the wait for the reader of a pipe, with an error.
  /// - Throws: `ReportedError.outputUnwritable` naming the file and the reason.
  func write(to path: String, stop: StopSource) throws(ReportedError) {
    var text = "\(Self.beginning)\(description.modelName)\n"
    if let source = description.source { text += "\nWatching \(source)\n" }
    for turn in turns {
      text += "\n**\(clock(turn.time)) You:** \(turn.question)\n\n**Assistant:** \(turn.answer)\n"
    }
    do throws(OutputError) {
      try OutputFile.write(
        text, to: (path as NSString).expandingTildeInPath,
        replacing: .kind("a saved conversation", beginning: Self.beginning), stop: stop)
    } catch {
      throw .outputUnwritable(message: error.description)
    }
  }
}
