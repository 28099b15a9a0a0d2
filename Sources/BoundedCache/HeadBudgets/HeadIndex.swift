// SPDX-License-Identifier: Apache-2.0

/// One key-value head of a decoder.
public struct HeadIndex: Sendable, Hashable, Comparable {
  public var layer: Int
  /// The head in its layer.
  public var head: Int

  public init(layer: Int, head: Int) {
    self.layer = layer
    self.head = head
  }

  public static func < (one: HeadIndex, other: HeadIndex) -> Bool {
    (one.layer, one.head) < (other.layer, other.head)
  }
}
