// SPDX-License-Identifier: Apache-2.0

import Inference
import Testing

struct SamplerTests {
  private let logits: [Float] = [0.5, 3, 1, 2.9, -4]

  private func choices(_ parameters: SamplingParameters, count: Int = 2000) -> [Int] {
    var sampler = Sampler(parameters: parameters, vocabularySize: logits.count)
    return (0..<count).compactMap { _ in sampler.choose(from: logits) }
  }

  @Test("Temperature 0 always takes the likeliest token, the first of equals")
  func greedy() {
    #expect(Set(choices(SamplingParameters())) == [1])
    var sampler = Sampler(parameters: SamplingParameters(), vocabularySize: 3)
    #expect(sampler.choose(from: [2, 7, 7]) == 1)
  }

  @Test("The same seed gives the same tokens, another seed others")
  func seeds() {
    let sampled = { (seed: UInt64) in self.choices(SamplingParameters(temperature: 1, seed: seed), count: 50) }
    #expect(sampled(7) == sampled(7))
    #expect(sampled(7) != sampled(8))
  }

  @Test("Temperature 1 samples the model's own distribution")
  func distribution() {
    let drawn = choices(SamplingParameters(temperature: 1, topK: 0, topP: 1), count: 20_000)
    let share = Double(drawn.count { $0 == 1 }) / Double(drawn.count)
    // softmax of the logits above gives 0.4643 to token 1.
    #expect(abs(share - 0.4643) < 0.015)
  }

  @Test("Top-k leaves the k likeliest")
  func topK() {
    #expect(Set(choices(SamplingParameters(temperature: 5, topK: 2, topP: 1))) == [1, 3])
  }

  @Test("Top-p leaves the smallest set that reaches the sum")
  func topP() {
    #expect(Set(choices(SamplingParameters(temperature: 1, topK: 0, topP: 0.5))) == [1, 3])
    #expect(Set(choices(SamplingParameters(temperature: 1, topK: 0, topP: 0.4))) == [1])
  }

  @Test("Min-p leaves what is likely enough beside the best")
  func minP() {
    #expect(Set(choices(SamplingParameters(temperature: 1, topK: 0, topP: 1, minP: 0.5))) == [1, 3])
  }

  @Test("The repetition penalty turns a greedy choice away from what was just said")
  func repetitionPenalty() {
    var sampler = Sampler(parameters: SamplingParameters(repetitionPenalty: 1.5), vocabularySize: logits.count)
    #expect((0..<3).map { _ in sampler.choose(from: logits) } == [1, 3, 1])
  }

  @Test("A logit that is not a number is never chosen")
  func notANumber() {
    for temperature in [0.0, 1.0] {
      var sampler = Sampler(parameters: SamplingParameters(temperature: temperature), vocabularySize: 3)
      #expect(sampler.choose(from: [.nan, 1, -.infinity]) == 1)
    }
  }

  @Test("Nothing is chosen where no logit is a number or the highest is infinite")
  func overflow() {
    for temperature in [0.0, 1.0] {
      var sampler = Sampler(parameters: SamplingParameters(temperature: temperature), vocabularySize: 3)
      #expect(sampler.choose(from: [.nan, .nan, .nan]) == nil)
      #expect(sampler.choose(from: [.nan, -.infinity, -.infinity]) == nil)
      #expect(sampler.choose(from: [1, .infinity, 2]) == nil)
      #expect(sampler.choose(from: [1, 3, 2]) == 1 || temperature > 0)
    }
  }

  @Test("Parameters out of range are named")
  func validationErrors() {
    #expect(SamplingParameters().validationError == nil)
    #expect(SamplingParameters(temperature: -1).validationError?.contains("temperature") == true)
    #expect(SamplingParameters(topP: 0).validationError?.contains("top-p") == true)
    #expect(SamplingParameters(minP: 1).validationError?.contains("min-p") == true)
    #expect(SamplingParameters(temperature: .nan).validationError != nil)
  }
}
