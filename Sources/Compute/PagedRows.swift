// SPDX-License-Identifier: Apache-2.0

/// Where the cached keys and values of one key-value head lie, in pages as in PagedAttention (arXiv 2309.06180).
///
/// The heads of a group share pages: a page holds the keys and values of the same tokens for each of them, a head's
/// always at the same offset. The group's page table lists its pages in the order of tokens.
public struct PagedRows {
  /// The group's page table: the address of each page.
  public var pages: UnsafePointer<UnsafeMutableRawPointer>
  /// Bytes from a page's start to this head's keys.
  public var keyOffset: Int
  /// Bytes from a page's start to this head's values.
  public var valueOffset: Int
  /// Rows that the first query token sees, its own included.
  public var count: Int
  /// For `KeyValueType.q4`, the range of the keys' channels: scales, then minimums, `[2][headDimension]`. Nil
  /// otherwise.
  public var keyRange: UnsafePointer<Float>?
  /// The keys that are rotated when they are read; nil for none.
  public var rotatedRows: RotatedRows?

  /// - Parameters: as the properties of these names.
  public init(
    pages: UnsafePointer<UnsafeMutableRawPointer>, keyOffset: Int, valueOffset: Int, count: Int,
    keyRange: UnsafePointer<Float>? = nil, rotatedRows: RotatedRows? = nil
  ) {
    self.pages = pages
    self.keyOffset = keyOffset
    self.valueOffset = valueOffset
    self.count = count
    self.keyRange = keyRange
    self.rotatedRows = rotatedRows
  }
}

/// How the rows of a paged cache are stored.
public struct PagedRowFormat: Sendable {
  /// How keys and values are stored.
  public var type: KeyValueType
  /// Values of one head's key, and of its value.
  public var headDimension: Int
  /// Tokens that a page holds.
  public var pageTokens: Int

  /// - Precondition: `type.supports(headDimension:)`.
  public init(type: KeyValueType, headDimension: Int, pageTokens: Int) {
    precondition(
      type.supports(headDimension: headDimension), "heads of \(headDimension) values are not stored as \(type)")
    self.type = type
    self.headDimension = headDimension
    self.pageTokens = pageTokens
  }
}

/// Which rows of a cached head an operation is about.
public enum PagedRowKind: Sendable {
  /// The keys `[tokens][headDimension]`.
  case keys
  /// The values, of the same shape.
  case values
}
