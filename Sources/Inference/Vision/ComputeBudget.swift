// SPDX-License-Identifier: Apache-2.0

/// A budget of computing: work may take a share of the time that passes.
public struct ComputeBudget {
  private let share: Double
  private var available: Double
  private var last: Double

  /// Seconds of work that may be saved up.
  private static let most = 2.0

  /// - Parameters:
  ///   - share: of the time, from 0 to 1.
  ///   - now: any clock, in seconds.
  public init(share: Double, now: Double) {
    self.share = share
    available = Self.most
    last = now
  }

  /// Whether work may begin now.
  public mutating func allows(at now: Double) -> Bool {
    available = min(available + share * max(0, now - last), Self.most)
    last = now
    return available > 0
  }

  /// Takes note of work done.
  public mutating func spend(_ seconds: Double) { available -= seconds }
}
