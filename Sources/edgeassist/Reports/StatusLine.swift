// SPDX-License-Identifier: Apache-2.0

import Foundation

/// One line on standard error that each report replaces. Nothing is written when standard error is no terminal.
struct StatusLine: Sendable {
  private let isShown = isatty(STDERR_FILENO) == 1

  private static let longest = 100

  /// Replaces the line. Text beyond 100 characters is cut off.
  func show(_ text: String) { write("\r\u{1B}[K" + text.prefix(Self.longest)) }

  /// Replaces the line for the last time and ends it.
  func finish(_ text: String) { write("\r\u{1B}[K\(text)\n") }

  private func write(_ text: String) {
    if isShown { FileHandle.standardError.write(Data(text.utf8)) }
  }
}
