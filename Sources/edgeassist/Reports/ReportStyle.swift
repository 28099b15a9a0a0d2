// SPDX-License-Identifier: Apache-2.0

import Foundation
import Records

/// The width of a report for people, and whether it has colours.
struct ReportStyle {
  /// Characters per line.
  var width: Int
  var hasColour: Bool

  /// The style for standard output: colours on a terminal without `NO_COLOR`; as wide as `COLUMNS` says, else as the
  /// terminal, else 100.
  static var standardOutput: ReportStyle {
    let environment = ProcessInfo.processInfo.environment
    let isTerminal = isatty(STDOUT_FILENO) == 1
    let isRefused = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
    var size = winsize()
    let hasSize = isTerminal && ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    let width = environment["COLUMNS"].flatMap { Int($0) } ?? (hasSize ? Int(size.ws_col) : 100)
    return ReportStyle(
      width: min(max(width, 40), 1000), hasColour: isTerminal && !isRefused && environment["TERM"] != "dumb")
  }

  func bold(_ text: String) -> String { hasColour ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
  func faint(_ text: String) -> String { hasColour ? "\u{1B}[2m\(text)\u{1B}[0m" : text }
  func bad(_ text: String) -> String { hasColour ? "\u{1B}[31m\(text)\u{1B}[0m" : text }
  func good(_ text: String) -> String { hasColour ? "\u{1B}[32m\(text)\u{1B}[0m" : text }

  /// A report with everything made visible that a terminal would obey, but for line feeds and the colours above.
  static func visible(_ text: String) -> String {
    let start = "\u{1B}["
    let own = ["0m", "1m", "2m", "31m", "32m"]
    let parts = text.components(separatedBy: start)
    let rest = parts.dropFirst().map { part in
      (own.contains(where: part.hasPrefix) ? start : Records.visible(start))
        + Records.visible(part, keepingLines: true)
    }
    return Records.visible(parts[0], keepingLines: true) + rest.joined()
  }

  /// Wraps a text at spaces. The lines after the first are indented.
  func wrapped(_ text: String, indent: Int) -> String {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty && indent + line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? String(word) : " " + word
    }
    lines.append(line)
    return lines.joined(separator: "\n" + String(repeating: " ", count: indent))
  }
}
