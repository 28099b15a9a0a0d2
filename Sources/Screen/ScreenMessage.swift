// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import SessionInterface

/// A message to the screen: an event, or the result of an effect.
package enum ScreenMessage: Sendable {
  /// A key was pressed.
  case key(Key)
  /// A text was pasted as a whole.
  case paste(String)
  /// The session reported something.
  case event(SessionEvent)
  /// The terminal has another size.
  case resized(ScreenSize)
  /// Nobody did anything; time went by.
  case tick
  /// Somebody wrote to the error output.
  case errorOutput(String)
  /// The answer to `ScreenEffect.checkPath`.
  case pathChecked(line: String, word: String, exists: Bool)
  /// The answer to `ScreenEffect.readTask`.
  case taskRead(line: String, language: ProgramLanguage?, contents: FileContents)
  /// The answer to `ScreenEffect.listPaths`.
  case pathsListed(prefix: String, paths: [String])
}

/// The result of reading a file.
package enum FileContents: Equatable, Sendable {
  /// The file's contents.
  case text(String)
  /// Why it could not be read, for the user.
  case unreadable(String)
}
