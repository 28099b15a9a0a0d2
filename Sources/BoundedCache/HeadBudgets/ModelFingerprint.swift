// SPDX-License-Identifier: Apache-2.0

/// Which model a file belongs to: a head budget profile, or an offload file.
public struct ModelFingerprint: Sendable, Hashable, Codable, CustomStringConvertible {
  /// For messages; the digest tells models apart.
  public var name: String
  /// Layers of the decoder.
  public var layers: Int
  /// Key-value heads of a layer.
  public var keyValueHeads: Int
  /// Values in one head's key.
  public var headDimension: Int
  /// A digest of the model's tensors, in hexadecimal digits.
  public var digest: String

  /// Memberwise; checks nothing.
  public init(name: String, shape: CacheShape, digest: String) {
    self.name = name
    layers = shape.layers
    keyValueHeads = shape.keyValueHeads
    headDimension = shape.headDimension
    self.digest = digest
  }

  /// All of it, for messages about two models that may differ in any.
  public var description: String { "\(name) (\(layers) layers × \(keyValueHeads) heads × \(headDimension), \(digest))" }

  /// The three sizes as the cache's shape.
  public var shape: CacheShape {
    CacheShape(layers: layers, keyValueHeads: keyValueHeads, headDimension: headDimension)
  }
}
