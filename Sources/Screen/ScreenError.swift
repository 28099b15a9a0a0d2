// SPDX-License-Identifier: Apache-2.0

/// Why the screen cannot be shown.
public enum ScreenError: Error, Equatable, CustomStringConvertible {
  /// Standard input or output is no terminal.
  case notATerminal(String)
  /// The terminal type cannot place a cursor, or terminfo does not know it.
  case unusableTerminal(type: String, reason: String)
  /// The system refused something.
  case system(String)

  public var description: String {
    switch self {
    case .notATerminal(let which):
      "\(which) is not a terminal, so there is nowhere to show the screen; "
        + "run in a terminal, or use --batch FILE to work without one"
    case .unusableTerminal(let type, let reason):
      (type.isEmpty ? "the environment variable TERM is not set; " : "the terminal type TERM=\(type) \(reason); ")
        + "set TERM to what your terminal is (for example xterm-256color), or use --batch FILE to work without a screen"
    case .system(let message):
      "the screen could not be opened: \(message); use --batch FILE to work without one"
    }
  }
}
