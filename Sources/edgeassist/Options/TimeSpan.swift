// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// A time on the command line: a number of seconds, or one with the unit s, m or h.
struct TimeSpan: ExpressibleByArgument, Equatable {
  var seconds: Double

  init?(argument: String) {
    let units = ["s": 1.0, "m": 60, "h": 3600]
    let unit = units[String(argument.suffix(1))]
    guard let number = Double(unit == nil ? argument : String(argument.dropLast())), number >= 0, number <= 1e9
    else { return nil }
    seconds = number * (unit ?? 1)
  }
}
