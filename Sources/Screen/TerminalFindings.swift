// SPDX-License-Identifier: Apache-2.0

import CNcurses
import Foundation

/// Capabilities of the terminal, found out without drawing on it.
package struct TerminalFindings: Sendable, Equatable {
  /// True if both standard input and output are a terminal.
  package var isInteractive: Bool
  /// `TERM`.
  package var type: String?
  /// Whether the screen knows how to draw on that type.
  package var isKnown: Bool
  /// Colours and characters that the terminal shows.
  package var appearance: DrawingCapabilities

  /// Asks the environment and terminfo.
  package static func current(environment: [String: String]) -> TerminalFindings {
    let type = environment["TERM"].flatMap { $0.isEmpty ? nil : $0 }
    var capabilities = cn_capabilities(colors: 0, direct_color: false)
    let isKnown = type.map { cn_describe($0, &capabilities) == CN_STARTED } ?? false
    return TerminalFindings(
      isInteractive: isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1, type: type, isKnown: isKnown,
      appearance: DrawingCapabilities(
        environment: environment, terminfoColors: Int(capabilities.colors),
        terminfoDirectColor: capabilities.direct_color))
  }

  /// How many colours the screen would use; 0 for none.
  package var colours: Int {
    switch appearance.depth {
    case .none: 0
    case .basic8: 8
    case .basic16: 16
    case .palette256: 256
    case .trueColor: 1 << 24
    }
  }
}
