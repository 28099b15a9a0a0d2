// SPDX-License-Identifier: Apache-2.0

/// When evidence begins an episode and ends it, in spreads of the background.
package struct EpisodeThresholds: Sendable, Equatable {
  /// Evidence of a block that speaks for it.
  package var on: Double
  /// Evidence that one block alone decides with.
  package var certain: Double
  /// Evidence below which a block speaks against it.
  package var off: Double

  /// Of the latest blocks, how many must speak for it to begin, and how many blocks in a row against it to end.
  package static let (votes, ofBlocks, endingBlocks) = (2, 3, 3)

  /// - Parameter sensitivity: a low one needs more.
  package init(_ sensitivity: Watch.Sensitivity) {
    switch sensitivity {
    case .low: (on, certain, off) = (6, 12, 3)
    case .normal: (on, certain, off) = (4, 8, 2)
    case .high: (on, certain, off) = (2.5, 5, 1.25)
    }
  }
}
