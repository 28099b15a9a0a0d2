// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import Evaluation
import Inference
import ModelFile
import Quantization
import TestSupport
import Testing

@Suite("Scales of channels (AQAS)", .serialized)
struct ScaleSearchTests {
  /// Logits of some tokens, in one row.
  private func logits(_ model: LoadedModel) throws -> [Float] {
    let cache = try KeyValueCache(shape: model.language.configuration.cacheShape, budget: 32, policy: .full)
    let tokens = (0..<32).map { ($0 * 37 + 5) % model.language.configuration.vocabularySize }
    return try model.language.prefillKeepingLogits(
      tokens: tokens, positions: tokens.indices.map { MRoPEPosition(text: Int32($0)) }, into: cache.ticket(for: .text)
    ).flatMap(\.self)
  }

  @Test("leave a model in F32 as it is, at every kind of input")
  func folded() async throws {
    let model = try ScaledModel(outliers: 1)
    let calibration = try #require(try await model.calibration())
    let scaling = try model.scaling(for: "Q4_0", after: calibration) {
      // Every input is to be scaled, also where no scales would be better.
      $0.triesNone = false
    }
    #expect(scaling.choices.count == 24 && scaling.choices.allSatisfy { $0.rule != nil })
    let plain = try logits(model.load(model.plain.path))
    let all = relativeDifference(try logits(model.load(try model.copy("F32", scaling))), plain)
    // The cache keeps values in 16 bits, so that scaled ones are rounded otherwise.
    #expect(all < 1e-3, "\(all)")
    var factors = scaling.factors
    for name in factors.keys {
      if name.contains("attn_output.") || name.contains("attn_v.bias") { factors[name] = nil }
      if name.contains("attn_v.weight") { factors[name]?.rows = nil }
    }
    let others = relativeDifference(
      try logits(model.load(try model.copy("F32", ChannelScaling(factors: factors)))), plain)
    #expect(others < 1e-4, "\(others)")
  }

  @Test("are no errors of a matrix's outputs")
  func outputErrors() async throws {
    let model = try ScaledModel(outliers: 1)
    let calibration = try #require(try await model.calibration())
    let scaling = try model.scaling(for: "Q4_0", after: calibration) { $0.triesNone = false }
    let scaled = try GGUFFile(path: model.copy("F32", scaling))
    let errors = ProductErrors(threads: 1)
    var largest = 0.0
    for (name, factors) in scaling.factors {
      guard let inputs = calibration.samples[name] else { continue }
      let error = try errors.relativeError(of: name, in: scaled, from: model.plain, inputs: inputs, factors: factors)
      #expect(try #require(error) < 1e-4, "\(name)")
      let without = try errors.relativeError(of: name, in: scaled, from: model.plain, inputs: inputs)
      largest = max(largest, try #require(without))
    }
    #expect(largest > 0.1)
  }

  @Test("undo most of what outlier channels cost, which the same scales on other channels do not")
  func outliers() async throws {
    let model = try ScaledModel(outliers: 30)
    let calibration = try #require(try await model.calibration())
    let none = try await model.loss("Q4_0", nil)
    let found = try model.scaling(for: "Q4_0", after: calibration)
    let searched = try await model.loss("Q4_0", found)
    #expect(none > 0 && searched <= 0.5 * none, "\(none), \(searched)")
    let weightsOnly = try await model.loss(
      "Q4_0", try model.scaling(for: "Q4_0", after: calibration) { $0.quantizesActivations = false })
    #expect(searched <= weightsOnly, "\(searched), \(weightsOnly)")
    let sabotaged = try await model.loss(
      "Q4_0",
      ChannelScaling(
        factors: found.factors.mapValues {
          .init(columns: $0.columns?.reversed(), rows: $0.rows?.reversed())
        }))
    #expect(sabotaged > 0.5 * none, "\(sabotaged)")
  }
}
