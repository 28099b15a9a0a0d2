// SPDX-License-Identifier: Apache-2.0

/// A tensor to fill with random values.
package struct RandomTensorDescription: Sendable, Equatable {
  /// How the values are distributed.
  package enum Kind: Sendable, Equatable {
    /// Values such that outputs have the variance of inputs.
    case matrix
    /// 32-bit values around a mean: norms around 1, biases around 0.
    case vector(around: Float)
  }

  /// The name in the file.
  package var name: String
  /// The fastest dimension first.
  package var dimensions: [Int]
  /// How the values are distributed.
  package var kind: Kind

  static func matrix(_ name: String, _ dimensions: Int...) -> RandomTensorDescription {
    RandomTensorDescription(name: name, dimensions: dimensions, kind: .matrix)
  }

  static func vector(_ name: String, _ count: Int, around: Float = 0) -> RandomTensorDescription {
    RandomTensorDescription(name: name, dimensions: [count], kind: .vector(around: around))
  }

  /// The weights of a depthwise convolution, which are never quantized.
  static func convolution(_ name: String, kernel: Int, channels: Int) -> RandomTensorDescription {
    RandomTensorDescription(name: name, dimensions: [kernel, channels], kind: .vector(around: 0))
  }

  /// A matrix and its bias.
  static func linear(_ name: String, _ inputs: Int, _ outputs: Int) -> [RandomTensorDescription] {
    [.matrix(name + ".weight", inputs, outputs), .vector(name + ".bias", outputs)]
  }

  /// A layer norm.
  static func norm(_ name: String, _ count: Int) -> [RandomTensorDescription] {
    [.vector(name + ".weight", count, around: 1), .vector(name + ".bias", count)]
  }
}
