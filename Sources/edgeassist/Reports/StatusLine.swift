// SPDX-License-Identifier: Apache-2.0

import Platform
import Records

/// One line on standard error that each report replaces. Nothing is written when standard error is no terminal.
struct StatusLine: Sendable {
  private let isShown = isatty(STDERR_FILENO) == 1

  private static let longest = 100

  /// Replaces the line. Text beyond 100 characters is cut off.
  func show(_ text: String) {
    // A character may be any number of scalars.
    write("\r\u{1B}[K" + String(visible(text).unicodeScalars.prefix(Self.longest)))
  }

  /// Replaces the line for the last time and ends it.
  func finish(_ text: String) { write("\r\u{1B}[K\(visible(text))\n") }

  private func write(_ text: String) {
    if isShown { StandardStreams.draw(text) }
  }
}
