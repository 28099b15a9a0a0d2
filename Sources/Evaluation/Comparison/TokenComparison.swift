// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How a reference model and a candidate predict one token of a text. Logarithms are natural.
package struct TokenComparison: Sendable, Equatable {
  /// Negative log-likelihood of the token by the reference.
  package var referenceLoss: Double
  /// Negative log-likelihood of the token by the candidate.
  package var candidateLoss: Double
  /// Kullback-Leibler divergence of the candidate's distribution from the reference's.
  package var divergence: Double
  /// Whether both find the same token the likeliest.
  package var hasSameTop: Bool

  /// - Parameters:
  ///   - token: the token that follows.
  ///   - reference: the reference's logits, `[vocabulary]`.
  ///   - candidate: the candidate's logits, `[vocabulary]`.
  /// - Returns: nil where logits are not finite.
  package init?(of token: Int, reference: [Float], candidate: [Float]) {
    guard let (referenceTop, referenceNorm) = Self.norm(of: reference),
      let (candidateTop, candidateNorm) = Self.norm(of: candidate)
    else { return nil }
    referenceLoss = referenceNorm - Double(reference[token])
    candidateLoss = candidateNorm - Double(candidate[token])
    hasSameTop = referenceTop == candidateTop
    var sum = 0.0
    for (left, right) in zip(reference, candidate) {
      let logProbability = Double(left) - referenceNorm
      sum += exp(logProbability) * (logProbability - (Double(right) - candidateNorm))
    }
    // Rounding may leave less than nothing.
    divergence = max(0, sum)
  }

  /// The likeliest token, and the logarithm of the sum of all exponentials.
  private static func norm(of logits: [Float]) -> (top: Int, norm: Double)? {
    var top = 0
    for index in logits.indices where logits[index] > logits[top] { top = index }
    let largest = Double(logits[top])
    let norm = largest + log(logits.reduce(0.0) { $0 + exp(Double($1) - largest) })
    return norm.isFinite ? (top, norm) : nil
  }
}
