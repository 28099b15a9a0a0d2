// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import SessionInterface

/// An effect outside the state, requested by `update`.
package enum ScreenEffect: Equatable, Sendable {
  /// Give a command to the session.
  case send(SessionCommand)
  /// Leave the screen.
  case exit(ScreenExit)
  /// Give the terminal to the shell until it continues us.
  case suspend
  /// Draw everything again.
  case repaint
  /// Check whether a file of this name exists. `line` is the line as it was typed.
  case checkPath(word: String, line: String)
  /// Read the task in this file. `line` is the line as it was typed.
  case readTask(path: String, language: ProgramLanguage?, line: String)
  /// List the files whose names begin with this prefix.
  case listPaths(prefix: String)
}
