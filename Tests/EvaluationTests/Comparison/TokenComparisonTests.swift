// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Foundation
import Testing

@Suite("Two models' predictions of a token")
struct TokenComparisonTests {
  @Test("have losses and a divergence as their distributions say")
  func formulas() throws {
    let reference: [Float] = [Float(log(0.5)), Float(log(0.25)), Float(log(0.25))]
    // The same shift of all logits changes nothing.
    let candidate = [0.25, 0.5, 0.25].map { Float(log($0) + 3) }
    let found = try #require(TokenComparison(of: 1, reference: reference, candidate: candidate))
    #expect(abs(found.referenceLoss - log(4)) < 1e-6 && abs(found.candidateLoss - log(2)) < 1e-6)
    #expect(abs(found.divergence - (0.5 * log(2) - 0.25 * log(2))) < 1e-6)
    #expect(!found.hasSameTop)
  }

  @Test("are equal for equal logits")
  func equal() throws {
    let logits: [Float] = [1, -2, 30, 4.5]
    let found = try #require(TokenComparison(of: 2, reference: logits, candidate: logits))
    #expect(found.divergence == 0 && found.hasSameTop && found.referenceLoss == found.candidateLoss)
  }

  @Test("are refused where a logit is not a number", arguments: [Float.nan, .infinity])
  func notFinite(value: Float) {
    #expect(TokenComparison(of: 0, reference: [1, value], candidate: [1, 2]) == nil)
    #expect(TokenComparison(of: 0, reference: [1, 2], candidate: [value, 2]) == nil)
  }
}
