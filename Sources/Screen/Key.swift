// SPDX-License-Identifier: Apache-2.0

/// A key, whatever bytes the terminal sends for it.
package enum Key: Equatable, Sendable {
  /// Characters that came in one go: mostly one.
  case text(String)
  /// Ctrl with a lower-case letter.
  case control(Character)
  /// Alt with a character.
  case alt(Character)
  /// `newLine` and `altBackspace` are Enter and Backspace with Alt.
  case enter, newLine, tab, backspace, altBackspace, delete, escape
  /// Words are runs of letters, digits and `_`.
  case left, right, up, down, home, end, wordLeft, wordRight
  /// `lineUp` and `lineDown` scroll the conversation by a few lines.
  case pageUp, pageDown, lineUp, lineDown
}
