// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Evaluation
import Testing

@Suite("Specifications")
struct CacheConfigurationTests {
  @Test("name a policy and what departs from it")
  func configurations() throws {
    let plain = try CacheConfiguration("sliding-window")
    #expect(plain.policy == .slidingWindow && plain.variants.isEmpty && plain.isBounded)
    let varied = try CacheConfiguration("infinipot-v+patch-aligned+pre-rope")
    #expect(varied.policy == .infinipotV && varied.variants == [.patchAligned, .preRoPE])
    #expect(varied.name == "infinipot-v+patch-aligned+pre-rope")
    #expect(try !CacheConfiguration("full").isBounded)
  }

  @Test(
    "with unknown words are refused with those that there are",
    arguments: ["best", "", "full+", "infinipot-v+better"])
  func unknown(text: String) {
    #expect {
      _ = try CacheConfiguration(text)
    } throws: { error in
      guard case .unknownConfiguration(_, _, let known)? = error as? EvaluationError else { return false }
      return !known.isEmpty
    }
  }

  @Test("with variants of another policy are refused")
  func unsuitable() {
    #expect(throws: EvaluationError.unsuitableVariant("uniform+patch-aligned", policy: "uniform")) {
      try CacheConfiguration("uniform+patch-aligned")
    }
  }

  @Test(
    "of ratios are fractions or decimals",
    arguments: [("1/8", "1/8"), ("0.25", "0.25"), ("1", "1.0"), ("3/4", "3/4")])
  func ratios(text: String, name: String) throws {
    #expect(try EvaluationBudget(ratio: text).name == name)
  }

  @Test("of ratios outside 0 to 1 are refused", arguments: ["0", "2", "1/0", "3/2", "-1/8", "x", "1/2/3", ""])
  func badRatios(text: String) {
    #expect(throws: EvaluationError.invalidRatio(text)) { try EvaluationBudget(ratio: text) }
  }
}
