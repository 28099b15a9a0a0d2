// SPDX-License-Identifier: Apache-2.0

import Compute
import Tuning

/// What tuning a model's products gave.
public struct AutotuneReport: Sendable, Equatable {
  /// A product that was tuned, now or before.
  public struct Row: Sendable, Equatable {
    /// What the model does with it: `decode`, `prefill` or `vision`.
    public var phase: String
    /// How often it comes in a token, a block or a temporal patch.
    public var count: Int
    /// The product and what came of it.
    public var product: TunedProduct
    /// False where the result is of an earlier run.
    public var isNew: Bool
  }

  /// In the order of phases, those that take longest first.
  public var rows: [Row]
  /// Products that were not tuned because they take too little of the time to matter.
  public var leftOut: Int
  /// False for a run that was stopped.
  public var isComplete: Bool

  /// The time of a phase with the schedules in use, divided by that with the standard ones, of the products that were
  /// tuned; nil where none was.
  public func ratio(of phase: String) -> Double? {
    var (standard, tuned) = (0.0, 0.0)
    for row in rows where row.phase == phase {
      guard let result = row.product.result else { continue }
      let seconds = result.standardSeconds * Double(row.count)
      standard += seconds
      tuned += seconds * (result.schedule == .standard ? 1 : result.ratio)
    }
    return standard > 0 ? tuned / standard : nil
  }
}
