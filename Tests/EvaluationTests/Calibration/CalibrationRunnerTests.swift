// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import Evaluation
import Foundation
import Inference
import Records
import Testing

@Suite("A calibration", .serialized)
struct CalibrationRunnerTests {
  private let source: TextModel

  init() throws { source = try TextModel() }

  private func run(_ options: CalibrationOptions) async throws -> Calibration {
    try #require(try await CalibrationRunner(model: source.load(), options: options).run())
  }

  @Test("measures the inputs of every matrix of every layer, and of the output head")
  func everyMatrix() async throws {
    let found = try await run(CalibrationOptions(source: .file(source.text), length: 32, windows: 3))
    #expect(found.windows == 3 && found.tokens == 96)
    let configuration = try source.load().language.configuration
    for layer in 0..<configuration.layers {
      for name in ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"] {
        let columns = name == "ffn_down" ? configuration.intermediateSize : nil
        let squares = try #require(found.meanSquares["blk.\(layer).\(name).weight"], "\(layer) \(name)")
        #expect(columns == nil || squares.count == columns)
        #expect(squares.contains { $0 > 0 })
      }
      // What shares an input has the same figures.
      #expect(found.meanSquares["blk.\(layer).attn_q.weight"] == found.meanSquares["blk.\(layer).attn_v.weight"])
    }
    #expect(found.meanSquares["token_embd.weight"] != nil || found.meanSquares["output.weight"] != nil)
  }

  @Test("finds the largest magnitude of each layer's output")
  func layerMaxima() async throws {
    let found = try await run(CalibrationOptions(source: .file(source.text), length: 32, windows: 2))
    let model = try source.load()
    model.language.outputMaxima = Array(repeating: 0, count: model.language.configuration.layers)
    for tokens in found.texts {
      let cache = try KeyValueCache(shape: model.language.configuration.cacheShape, budget: 32, policy: .full)
      _ = try model.language.prefillKeepingLogits(
        tokens: tokens, positions: tokens.indices.map { MRoPEPosition(text: Int32($0)) }, into: cache.ticket(for: .text)
      )
    }
    #expect(found.layerMaxima == model.language.outputMaxima && found.layerMaxima.allSatisfy { $0 > 0 })
  }

  @Test("keeps some inputs of each matrix, and more of those that are named")
  func samples() async throws {
    var options = CalibrationOptions(source: .file(source.text), length: 64, windows: 3)
    options.sampledMatrices = ["blk.0.attn_q.weight"]
    let found = try await run(options)
    #expect(found.tokens == 192 && found.longest == 64 && found.texts.map(\.count) == [64, 64, 64])
    #expect(found.samples["blk.0.attn_q.weight"]?.count == 128)
    #expect(found.samples["blk.1.attn_q.weight"]?.count == InputStatistics.sampledRows)
    let inputs = try #require(found.samples["blk.1.ffn_down.weight"])
    let kept = inputs.values.indices.allSatisfy { inputs.values[$0].magnitude <= inputs.maxima[$0 % inputs.columns] }
    #expect(kept && inputs.maxima.allSatisfy { $0 > 0 })
  }

  @Test("finds the mean squares of rows that are known")
  func meanSquares() throws {
    let statistics = InputStatistics()
    let model = try source.load()
    model.language.inputStatistics = statistics
    let cache = try KeyValueCache(shape: model.language.configuration.cacheShape, budget: 8, policy: .full)
    try model.language.prefill(tokens: [5], positions: [MRoPEPosition(text: 0)], into: cache.ticket(for: .text))
    let once = try #require(statistics.meanSquares(of: "blk.0.attn_q.weight"))
    // The input of the first layer is a token's embedding after a norm: the same token again changes no mean.
    let other = try KeyValueCache(shape: model.language.configuration.cacheShape, budget: 8, policy: .full)
    try model.language.prefill(tokens: [5], positions: [MRoPEPosition(text: 3)], into: other.ticket(for: .text))
    #expect(statistics.meanSquares(of: "blk.0.attn_q.weight") == once)
    try model.language.prefill(tokens: [9], positions: [MRoPEPosition(text: 4)], into: other.ticket(for: .text))
    #expect(statistics.meanSquares(of: "blk.0.attn_q.weight") != once)
    #expect(statistics.meanSquares(of: "no.such") == nil)
  }

  @Test("with the model's own text is the same each time, and reads windows of the wanted length at most")
  func ownText() async throws {
    let options = CalibrationOptions(source: .ownText(.mixed), length: 96, windows: 3)
    let first = try await run(options)
    let second = try await run(options)
    #expect(first.windows == 3 && first.tokens > 0 && first.tokens <= 3 * 96)
    #expect(first.meanSquares == second.meanSquares)
    await #expect(throws: ReportedError.self) {
      try await run(CalibrationOptions(source: .ownText(.mixed), length: 8, windows: 1))
    }
  }
}
