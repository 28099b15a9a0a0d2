// SPDX-License-Identifier: Apache-2.0

/// Which model a file belongs to: a head budget profile, or an offload file.
public struct ModelFingerprint: Sendable, Hashable, Codable {
  public var name: String
  public var layers: Int
  public var keyValueHeads: Int
  public var headDimension: Int
  /// A digest of the model's tensors, in hexadecimal digits.
  public var digest: String

  public init(name: String, shape: CacheShape, digest: String) {
    self.name = name
    layers = shape.layers
    keyValueHeads = shape.keyValueHeads
    headDimension = shape.headDimension
    self.digest = digest
  }

  public var shape: CacheShape {
    CacheShape(layers: layers, keyValueHeads: keyValueHeads, headDimension: headDimension)
  }
}
