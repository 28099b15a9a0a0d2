// SPDX-License-Identifier: Apache-2.0

import Compute

/// LFM2's short convolution: `[B, C, x] = in_proj(input)`, `out_proj(C · convolve(B · x))`.
struct ShortConvolution {
  private let input, output: Linear
  /// `[kernel][hidden size]`
  private let weights: FloatMatrix
  private let kernel, width: Int

  init(loader: ModelLoader, prefix: String, kernel: Int, width: Int) throws(ModelError) {
    input = try loader.linear(prefix + "shortconv.in_proj", inputs: width, outputs: 3 * width)
    output = try loader.linear(prefix + "shortconv.out_proj", inputs: width, outputs: width)
    weights = try loader.convolution(prefix + "shortconv.conv.weight", kernel: kernel, channels: width)
    self.kernel = kernel
    self.width = width
  }

  var matrices: [WeightMatrix] { [input, output].map(\.weight) }

  /// Adds its output to `rows`, `[count][hidden size]`.
  ///
  /// - Parameters:
  ///   - normed: the layer's normalized input, of the same shape.
  ///   - sequences: calls its argument for each sequence of tokens that these are, with its first row, its rows and its
  ///     recurrent state in one row: the tokens before it.
  func run(
    _ normed: FloatMatrix, count: Int, in space: RecurrentWorkspace, engine: Engine, to rows: FloatMatrix,
    sequences: RecurrentSequences
  ) {
    engine.multiply(normed, count: count, input.product(to: space.mixed))
    let convolved = space.mixed.columns(0..<width)
    engine.multiply(convolved, by: space.mixed.columns(2 * width..<3 * width), count: count)
    sequences { first, count, state in
      engine.convolve(
        convolved.from(first), count: count, weights: weights, kernel: kernel, history: state.row(as: width),
        appliesSiLU: false)
    }
    engine.multiply(convolved, by: space.mixed.columns(width..<2 * width), count: count)
    engine.multiply(convolved, count: count, output.product(to: rows, accumulate: true))
  }
}
