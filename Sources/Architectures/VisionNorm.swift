// SPDX-License-Identifier: Apache-2.0

import Compute

/// The norm of a vision tower: layer norm, or RMS norm, which has no bias.
struct VisionNorm {
  private let weight: FloatBuffer
  private let bias: FloatBuffer?
  private let epsilon: Float

  /// - Parameters:
  ///   - width: values that are normalized together.
  ///   - epsilon: nil for that of the tower's other norms.
  init(
    loader: ModelLoader, sizes: VisionConfiguration, name: String, width: Int, epsilon: Float? = nil
  ) throws(ModelError) {
    weight = try loader.vector(name + ".weight", width)
    bias = sizes.family.design.norm == .layer ? try loader.vector(name + ".bias", width) : nil
    self.epsilon = epsilon ?? sizes.normEpsilon
  }

  /// Normalizes `rows` into `output`, `[count][width]`.
  func run(_ rows: FloatMatrix, count: Int, to output: FloatMatrix, engine: Engine) {
    if let bias {
      engine.layerNorm(rows, count: count, weight: weight, bias: bias, epsilon: epsilon, to: output)
    } else {
      engine.rmsNorm(rows, count: count, weight: weight, epsilon: epsilon, to: output)
    }
  }
}
