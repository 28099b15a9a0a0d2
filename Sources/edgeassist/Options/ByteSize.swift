// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// A size as people write it: 512k, 64MiB, 1.5GB.
struct ByteSize: ExpressibleByArgument, Equatable {
  var bytes: Int

  init?(argument: String) {
    let digits = argument.prefix { $0.isNumber || $0 == "." }
    guard let number = Double(digits), number > 0 else { return nil }
    let unit = argument.dropFirst(digits.count).lowercased()
    let factors: [String: Double] = [
      "": 1, "b": 1, "k": 1024, "kb": 1e3, "kib": 1024, "m": 1_048_576, "mb": 1e6, "mib": 1_048_576,
      "g": 1_073_741_824, "gb": 1e9, "gib": 1_073_741_824,
    ]
    guard let factor = factors[unit], number * factor < 0x1p52 else { return nil }
    bytes = Int(number * factor)
  }
}
