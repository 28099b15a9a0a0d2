// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import SessionInterface

/// What `update` wants done outside the state.
package enum ScreenEffect: Equatable, Sendable {
  /// Give a command to the session.
  case send(SessionCommand)
  /// Leave the screen.
  case exit(ScreenExit)
  /// Give the terminal to the shell until it continues us.
  case suspend
  /// Draw everything again.
  case repaint
  /// Does a file of this name exist? The line is what was typed.
  case checkPath(word: String, line: String)
  /// What stands in this file of a task? The line is what was typed.
  case readTask(path: String, language: ProgramLanguage?, line: String)
  /// Which files begin so?
  case listPaths(prefix: String)
}
