// SPDX-License-Identifier: Apache-2.0

import Platform

/// Which terminal the screen is on.
public struct TerminalOptions: Sendable {
  /// Environment that decides about colours and characters (`TERM`, `COLORTERM`, `NO_COLOR`, `LANG`, …).
  public var environment: [String: String]
  /// True when standard input carries the video, so that keys must be read from the controlling terminal.
  public var standardInputCarriesData: Bool
  /// Where keys come from and the screen goes to: standard input and output.
  package var input: Int32 = 0
  /// File descriptor that the screen is drawn to.
  package var output: Int32 = 1

  /// Keys come from standard input unless that carries the video.
  public init(
    environment: [String: String] = ProcessEnvironment.current, standardInputCarriesData: Bool = false
  ) {
    self.environment = environment
    self.standardInputCarriesData = standardInputCarriesData
  }
}
