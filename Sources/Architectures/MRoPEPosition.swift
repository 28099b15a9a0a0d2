// SPDX-License-Identifier: Apache-2.0

/// A token's position for M-RoPE (arXiv 2409.12191), whose RoPE pairs are rotated some by time, some by height and some
/// by width. For text the three components are equal.
public struct MRoPEPosition: Sendable, Hashable {
  public var time: Int32
  public var height: Int32
  public var width: Int32

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
