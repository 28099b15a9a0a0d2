// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The negative logarithm of a token's probability.
///
/// - Parameter logits: a score for each token of the vocabulary.
func negativeLogLikelihood(of token: Int, _ logits: [Float]) -> Double {
  let largest = Double(logits.max() ?? 0)
  let total = logits.reduce(0.0) { $0 + exp(Double($1) - largest) }
  return largest + log(total) - Double(logits[token])
}
