// SPDX-License-Identifier: Apache-2.0

/// Thresholds of the 4×4 ordered dither.
package enum Dither {
  private static let order: [Float] = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5]

  /// Between 0 and 1, never either.
  package static func threshold(column: Int, row: Int) -> Float {
    (order[row % 4 * 4 + column % 4] + 0.5) / 16
  }
}
