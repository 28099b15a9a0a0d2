// SPDX-License-Identifier: Apache-2.0

/// Counts the memory that a model sets aside beside its mapped weights.
final class AllocationCounter {
  /// True where memory is counted and not set aside: rows that are made so have none and must not be touched.
  let isForecast: Bool
  private(set) var byteCount = 0

  init(isForecast: Bool = false) {
    self.isForecast = isForecast
  }

  func add(_ bytes: Int) {
    let (sum, overflow) = byteCount.addingReportingOverflow(bytes)
    byteCount = overflow ? .max : sum
  }
}
