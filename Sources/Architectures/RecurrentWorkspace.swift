// SPDX-License-Identifier: Apache-2.0

import Compute

/// Working memory of a hybrid model's layers without attention, for a block of tokens.
struct RecurrentWorkspace {
  /// Projections that the convolution and the delta rule read, `[tokens][channels]`.
  let mixed: FloatMatrix
  /// Gate of the output, `[tokens][value width]`; no rows in models without Gated DeltaNet.
  let gate: FloatMatrix
  /// `[tokens][value width]`; no rows in models without Gated DeltaNet.
  let output: FloatMatrix
  /// A copy of one layer's state, for a branch to go on with.
  let fork: FloatMatrix
  /// Decays and betas of the delta rule, `[tokens][value heads]` each.
  let alpha, beta: FloatMatrix

  /// - Parameter tokens: of a block.
  init(loader: ModelLoader, mixers: [TokenMixer], tokens: Int) throws(ModelError) {
    var (channels, valueWidth, valueHeads) = (0, 0, 0)
    for mixer in mixers {
      switch mixer {
      case .attention: break
      case .shortConvolution(_, let width): channels = max(channels, 3 * width)
      case .gatedDeltaNet(let sizes):
        (channels, valueWidth, valueHeads) = (sizes.channels, sizes.valueWidth, sizes.rule.valueHeads)
      }
    }
    mixed = try loader.rows(channels == 0 ? 0 : tokens, width: max(channels, 1))
    gate = try loader.rows(valueWidth == 0 ? 0 : tokens, width: max(valueWidth, 1))
    output = try loader.rows(valueWidth == 0 ? 0 : tokens, width: max(valueWidth, 1))
    let largest = mixers.map(\.stateCount).max() ?? 0
    fork = try loader.rows(largest == 0 ? 0 : 1, width: max(largest, 1))
    alpha = try loader.rows(valueHeads == 0 ? 0 : tokens, width: max(valueHeads, 1))
    beta = try loader.rows(valueHeads == 0 ? 0 : tokens, width: max(valueHeads, 1))
  }
}

/// Calls its argument with the first row, the rows and the recurrent state of each sequence in a block of tokens.
typealias RecurrentSequences = (_ body: (_ first: Int, _ count: Int, _ state: FloatMatrix) -> Void) -> Void
