// SPDX-License-Identifier: Apache-2.0

/// One key-value head's rows as attention reads them.
///
/// A page holds the same number of rows of keys and of values for each head of a group; a table lists the group's pages
/// in the order of its tokens. A head finds its rows at the same place of every page.
public struct PagedRows {
  /// The group's page table: where each page begins.
  public var pages: UnsafePointer<UnsafeMutableRawPointer>
  /// Bytes from a page's start to this head's keys.
  public var keyOffset: Int
  /// Bytes from a page's start to this head's values.
  public var valueOffset: Int
  /// Rows that the first query token sees, its own included.
  public var count: Int
  /// For `q4`, `headDimension` steps, then `headDimension` lowest numbers of the keys' channels; nil otherwise.
  public var keyRange: UnsafePointer<Float>?

  public init(
    pages: UnsafePointer<UnsafeMutableRawPointer>, keyOffset: Int, valueOffset: Int, count: Int,
    keyRange: UnsafePointer<Float>? = nil
  ) {
    self.pages = pages
    self.keyOffset = keyOffset
    self.valueOffset = valueOffset
    self.count = count
    self.keyRange = keyRange
  }
}
