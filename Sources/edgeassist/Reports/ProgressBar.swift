// SPDX-License-Identifier: Apache-2.0

import Foundation
import Records

/// A progress bar on standard error. Nothing is written when standard error is no terminal.
final class ProgressBar {
  private let isShown = isatty(STDERR_FILENO) == 1
  private let isColored = (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
  private var shownPart = -1

  private static let width = 30

  /// Redraws the bar if it changes by a tenth of a percent or more.
  func show(_ done: Int, of all: Int, _ what: String) {
    guard isShown, all > 0 else { return }
    let part = Int(Double(done) / Double(all) * 1000)
    guard part != shownPart else { return }
    shownPart = part
    let filled = part * Self.width / 1000
    let bar = String(repeating: "█", count: filled)
    let rest = String(repeating: "░", count: Self.width - filled)
    let percent = String(format: "%5.1f %%", Double(part) / 10)
    write("\r\u{1B}[K" + (isColored ? "\u{1B}[32m\(bar)\u{1B}[0m" : bar) + rest + " \(percent)  \(Self.label(what))")
  }

  /// Removes the line.
  func finish() {
    if isShown, shownPart >= 0 { write("\r\u{1B}[K") }
    shownPart = -1
  }

  private static func label(_ what: String) -> String { String(visible(what).unicodeScalars.prefix(36)) }

  private func write(_ text: String) { StandardStreams.draw(text) }
}
