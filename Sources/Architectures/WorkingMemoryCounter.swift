// SPDX-License-Identifier: Apache-2.0

/// Counts the working memory that a model allocates beside its mapped weights.
final class WorkingMemoryCounter {
  /// Whether allocations are counted and not made, for an estimate. Matrices made then have no memory and must not be
  /// read or written.
  let countsOnly: Bool
  private(set) var byteCount = 0

  init(countsOnly: Bool = false) {
    self.countsOnly = countsOnly
  }

  func add(_ bytes: Int) {
    let (sum, overflow) = byteCount.addingReportingOverflow(bytes)
    byteCount = overflow ? .max : sum
  }
}
