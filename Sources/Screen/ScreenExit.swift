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
