// SPDX-License-Identifier: Apache-2.0

import Compute

/// A linear layer: a weight matrix, `[outputs][inputs]`, and a bias if the model has one.
struct Linear {
  let weight: WeightMatrix
  let bias: FloatBuffer?

  /// The layer's product into `output`, `[tokens][outputs]`.
  func product(to output: FloatMatrix, accumulate: Bool = false) -> Engine.Product {
    Engine.Product(weight, bias: bias, to: output, accumulate: accumulate)
  }
}
