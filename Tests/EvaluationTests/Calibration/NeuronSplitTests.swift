// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import Evaluation
import Foundation
import Inference
import ModelFile
import Quantization
import TestSupport
import Testing

@Suite("Neurons that are split in two", .serialized)
struct NeuronSplitTests {
  private let source: TextModel
  /// The embedded model in F32, in which weights can be halved.
  private let file: GGUFFile

  init() throws {
    source = try TextModel()
    let embedded = try GGUFFile(path: ModelPaths.resolve(languageModel: nil, vision: .beside).languageModel)
    let recipe = try #require(QuantizationRecipe(named: "F32"))
    let path = source.folder.path("plain.gguf")
    _ = try QuantizationRun(file: embedded, plan: QuantizationPlan(file: embedded, recipe: recipe), threads: 1).write(
      to: path)
    file = try GGUFFile(path: path)
  }

  private func load(_ path: String) throws -> LoadedModel {
    try LoadedModel(paths: ModelPaths(languageModel: path, vision: nil, isEmbedded: false), threads: 1)
  }

  @Test("leave the output of every layer as it was, and so what the model predicts")
  func samePredictions() throws {
    let path = source.folder.path("split.gguf")
    try NeuronSplit(file: file, count: 32).write(file, to: path)
    let (plain, split) = try (load(file.path).language, load(path).language)
    #expect(split.configuration.intermediateSize == plain.configuration.intermediateSize + 32)
    func run(_ model: LanguageModel, _ layers: Range<Int>, _ inputs: [Float]) throws -> [Float] {
      let cache = try KeyValueCache(shape: model.configuration.cacheShape, budget: 64, policy: .full)
      return try model.run(layers: layers, inputs: inputs, from: 0, into: cache.ticket(for: .text))
    }
    let first = try plain.layerInputs(of: Array(5..<37))
    var inputs = first
    for layer in 0..<plain.configuration.layers {
      let expected = try run(plain, layer..<layer + 1, inputs)
      #expect(try relativeDifference(run(split, layer..<layer + 1, inputs), expected) < 1e-5, "\(layer)")
      inputs = expected
    }
    // Keys and values in F16 round differences up.
    let all = 0..<plain.configuration.layers
    let logits = try split.logits(ofOutputs: run(split, all, first)).flatMap(\.self)
    #expect(relativeDifference(logits, plain.logits(ofOutputs: inputs).flatMap(\.self)) < 1e-3)
  }

  @Test("are those whose weights alone set the scales of many blocks")
  func outliers() throws {
    let layers = try load(file.path).language.configuration
    let columns = layers.intermediateSize
    let rows = layers.hiddenSize
    // In one layer a few columns are far larger than all others.
    let wanted = [3, 40, 41, columns - 1]
    let rewritten = source.folder.path("outliers.gguf")
    let writer = try GGUFWriter(
      path: rewritten, metadata: file.metadata,
      tensors: file.tensors.map { .init(name: $0.name, dimensions: $0.dimensions, type: $0.type) })
    for tensor in file.tensors {
      guard tensor.name == "blk.1.ffn_down.weight" else {
        try writer.append(file.bytes(of: tensor))
        continue
      }
      let values = (0..<rows * columns).map { index -> Float in
        let size: Float = wanted.contains(index % columns) ? 50 : 1
        return size * Float((index * 7919) % 101 + 1) / 101
      }
      try writer.append(values.withUnsafeBytes { Array($0) })
    }
    try writer.finish()
    let split = try NeuronSplit(file: GGUFFile(path: rewritten), count: 32)
    #expect(Set(wanted).isSubset(of: split.neurons[1] ?? []))
    #expect(split.neurons.values.allSatisfy { $0.count == 32 && Set($0).count == 32 })
  }

  @Test("have a calibration that is the one of the split model")
  func calibration() async throws {
    func calibration(_ path: String) async throws -> Calibration {
      let options = CalibrationOptions(source: .file(source.text), length: 32, windows: 2)
      return try #require(try await CalibrationRunner(model: load(path), options: options).run())
    }
    let split = try NeuronSplit(file: file, count: 32)
    let path = source.folder.path("split.gguf")
    try split.write(file, to: path)
    let widened = try await calibration(file.path).widened(by: split)
    let measured = try await calibration(path)
    for (name, squares) in measured.meanSquares {
      #expect(try relativeDifference(#require(widened.meanSquares[name]), squares) < 1e-4, "\(name)")
      let samples = try #require(widened.samples[name])
      // Keys and values are cached in F16, which rounds single inputs otherwise.
      let difference = try relativeDifference(samples.values, #require(measured.samples[name]).values)
      #expect(difference < 1e-3, "\(name): \(difference)")
    }
  }

  @Test("come in whole blocks, of models that have a feed-forward network")
  func refusals() throws {
    for count in [0, 31, 33, 1 << 20] {
      #expect(throws: QuantizationError.self, "\(count)") { try NeuronSplit(file: file, count: count) }
    }
    let vision = try GGUFFile(path: Checkout.path("Models/mmproj-edgeassist-tiny-F16.gguf"))
    #expect(throws: QuantizationError.self) { try NeuronSplit(file: vision, count: 32) }
  }
}
