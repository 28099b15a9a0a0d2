// SPDX-License-Identifier: Apache-2.0

/// The most tokens cached in each of the last seconds, for a graph.
package struct CacheUsageHistory: Equatable, Sendable {
  /// Oldest first; the last one is the second that is running.
  package private(set) var samples: [Int] = []
  private var second: Int?
  private static let capacity = 600

  /// No samples.
  package init() {}

  /// Takes note of a count of tokens. Times are in seconds; one that is not finite is left out.
  package mutating func add(_ tokens: Int, at time: Double) {
    guard time.isFinite, abs(time) < 1e12 else { return }
    let now = Int(time)
    guard let second, let last = samples.indices.last else {
      samples = [tokens]
      self.second = now
      return
    }
    guard now > second else {
      samples[last] = max(samples[last], tokens)
      return
    }
    // Seconds in which nothing was told repeat the one before.
    let missed = min(now - second - 1, CacheUsageHistory.capacity)
    samples += Array(repeating: samples[last], count: missed) + [tokens]
    samples.removeFirst(max(0, samples.count - CacheUsageHistory.capacity))
    self.second = now
  }
}
