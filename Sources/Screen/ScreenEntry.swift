// SPDX-License-Identifier: Apache-2.0

/// How the screen came to its end.
public enum ScreenExit: Sendable, Equatable {
  /// `/quit`, or Ctrl-D on an empty line.
  case quit
  /// Ctrl-C twice.
  case interrupted
  /// The session's events ended.
  case sessionEnded
  /// The process was asked to end by this signal.
  case signal(Int32)
  /// The terminal went away.
  case terminalLost
}

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

/// What may be chosen about the screen.
public struct ScreenOptions: Sendable {
  /// Environment that decides about colours and characters (`TERM`, `COLORTERM`, `NO_COLOR`, `LANG`, …).
  public var environment: [String: String]
  /// Names that `/policy` accepts and completes.
  public var policies: [String]
  /// Takes the mouse wheel for scrolling. Off by default: the terminal then selects text as it always does.
  public var usesMouseWheel: Bool
  /// True when standard input carries the video, so that keys must be read from the controlling terminal.
  public var standardInputCarriesData: Bool
  /// Where keys come from and the screen goes to: standard input and output.
  package var input: Int32 = 0
  package var output: Int32 = 1

  public init(
    environment: [String: String] = ProcessEnvironment.current,
    policies: [String] = ["infinipot-v", "sliding-window", "uniform", "full"],
    usesMouseWheel: Bool = false, standardInputCarriesData: Bool = false
  ) {
    self.environment = environment
    self.policies = policies
    self.usesMouseWheel = usesMouseWheel
    self.standardInputCarriesData = standardInputCarriesData
  }
}
