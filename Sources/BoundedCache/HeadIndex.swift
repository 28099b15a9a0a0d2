/// A key-value head of a decoder.
public struct HeadIndex: Sendable, Hashable, Codable {
  public var layer: Int
  public var head: Int

  public init(layer: Int, head: Int) {
    self.layer = layer
    self.head = head
  }
}
