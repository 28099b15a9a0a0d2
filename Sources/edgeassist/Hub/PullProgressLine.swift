// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelHub
import Platform
import Records

/// How far a download is, on standard error: one line that is redrawn on a terminal, and elsewhere a line now and then.
final class PullProgressLine {
  private let isQuiet: Bool
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var isDrawn = false
  private var nextTime = 0.0
  private var shownDisconnection: String?

  private static let barWidth = 20
  /// Seconds between two drawings, and between two lines where there is no terminal.
  private static let drawingPause = 0.1
  private static let linePause = 10.0

  /// - Parameter isQuiet: nothing is written.
  init(isQuiet: Bool) {
    self.isQuiet = isQuiet
    if !isTerminal { nextTime = monotonicSeconds() + Self.linePause }
  }

  /// Writes a line that stays.
  func say(_ text: String) {
    guard !isQuiet else { return }
    finish()
    StandardStreams.report(text)
  }

  /// Shows how far the download is, not at every call.
  func show(_ progress: PullProgress) {
    guard !isQuiet else { return }
    if let disconnection = progress.disconnection, disconnection != shownDisconnection {
      say("\(disconnection); trying again")
    }
    shownDisconnection = progress.disconnection ?? shownDisconnection
    let now = monotonicSeconds()
    guard now >= nextTime, progress.disconnection == nil else { return }
    nextTime = now + (isTerminal ? Self.drawingPause : Self.linePause)
    guard isTerminal else { return StandardStreams.report(Self.text(progress)) }
    StandardStreams.draw("\r\u{1B}[K" + Self.bar(progress) + " " + visible(Self.text(progress)))
    isDrawn = true
  }

  /// Removes the line that is redrawn.
  func finish() {
    if isDrawn { StandardStreams.draw("\r\u{1B}[K") }
    isDrawn = false
  }

  /// For example `model-Q8_0.gguf 45 %, 246 MiB of 546 MiB, 11.3 MiB/s, 0:26 left`.
  static func text(_ progress: PullProgress) -> String {
    let name = clipped(String(progress.file.split(separator: "/").last ?? ""), to: 40)
    var parts = [
      "\(name) \(part(progress) / 10) %", "\(memorySize(progress.byteCount)) of \(memorySize(progress.wholeByteCount))",
    ]
    if let rate = progress.bytesPerSecond, rate < 1e15 { parts.append("\(memorySize(Int(rate)))/s") }
    if let seconds = progress.secondsLeft { parts.append("\(clock(seconds)) left") }
    return parts.joined(separator: ", ")
  }

  private static func bar(_ progress: PullProgress) -> String {
    let filled = part(progress) * barWidth / 1000
    return String(repeating: "█", count: filled) + String(repeating: "░", count: barWidth - filled)
  }

  /// Thousandths.
  private static func part(_ progress: PullProgress) -> Int {
    guard progress.wholeByteCount > 0 else { return 0 }
    return min(1000, Int(Double(progress.byteCount) / Double(progress.wholeByteCount) * 1000))
  }
}
