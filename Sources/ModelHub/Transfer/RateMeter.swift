// SPDX-License-Identifier: Apache-2.0

/// How fast a download is: bytes per second over the last seconds.
package struct RateMeter {
  private struct Sample {
    var time: Double
    var byteCount: Int
  }

  private var samples: [Sample] = []

  /// Nothing noted yet.
  package init() {}

  /// Seconds that are looked back.
  private static let window = 5.0
  /// Seconds between two samples.
  private static let step = 0.2

  /// Notes how many bytes are there.
  ///
  /// - Parameter time: monotonic, in seconds.
  package mutating func note(_ byteCount: Int, at time: Double) {
    if let last = samples.last {
      // A download that began again has no rate yet.
      if byteCount < last.byteCount { samples = [] } else if time - last.time < Self.step { return }
    }
    samples.append(Sample(time: time, byteCount: byteCount))
    samples.removeAll { $0.time < time - Self.window }
  }

  /// Bytes per second; nil until there are two samples.
  package var bytesPerSecond: Double? {
    guard let first = samples.first, let last = samples.last, last.time > first.time else { return nil }
    return Double(last.byteCount - first.byteCount) / (last.time - first.time)
  }
}
