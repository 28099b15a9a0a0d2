// SPDX-License-Identifier: Apache-2.0

/// One key-value head of a decoder.
public struct HeadIndex: Sendable, Hashable, Comparable {
  /// From 0, the first layer.
  public var layer: Int
  /// The head in its layer.
  public var head: Int

  /// Memberwise; checks nothing.
  public init(layer: Int, head: Int) {
    self.layer = layer
    self.head = head
  }

  /// By layer, then by head.
  public static func < (one: HeadIndex, other: HeadIndex) -> Bool {
    (one.layer, one.head) < (other.layer, other.head)
  }
}
