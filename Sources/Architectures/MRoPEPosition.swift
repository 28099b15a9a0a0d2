// SPDX-License-Identifier: Apache-2.0

/// A token's position for M-RoPE (arXiv 2409.12191), whose RoPE pairs are rotated some by time, some by height and some
/// by width. For text the three components are equal.
public struct MRoPEPosition: Sendable, Hashable {
  /// Of text, the token's index in the sequence; of a vision token, that of its temporal patch.
  public var time: Int32
  /// Of a vision token, the start of the temporal patches + its row.
  public var height: Int32
  /// Of a vision token, the start of the temporal patches + its column.
  public var width: Int32

  /// - Parameters: as the properties of these names.
  public init(time: Int32, height: Int32, width: Int32) {
    self.time = time
    self.height = height
    self.width = width
  }

  /// The position of a text token.
  public init(text position: Int32) {
    self.init(time: position, height: position, width: position)
  }
}
