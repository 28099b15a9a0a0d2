// SPDX-License-Identifier: Apache-2.0

extension Int {
  /// The product of two numbers that are not negative, or `Int.max` where it would be larger.
  func multipliedSaturating(by other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }

  /// The sum of two numbers that are not negative, or `Int.max` where it would be larger.
  func addingSaturating(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
