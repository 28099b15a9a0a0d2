// SPDX-License-Identifier: Apache-2.0

/// What one pass over the vision part did.
public struct CompressionReport: Sendable, Hashable {
  /// Vision tokens of every head before and after.
  public var before: Int
  public var after: Int
  /// Seconds it took.
  public var seconds: Double

  public init(before: Int, after: Int, seconds: Double) {
    self.before = before
    self.after = after
    self.seconds = seconds
  }
}
