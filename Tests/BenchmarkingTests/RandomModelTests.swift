// SPDX-License-Identifier: Apache-2.0

import Architectures
import Benchmarking
import BoundedCache
import Foundation
import Images
import Inference
import Platform
import TestSupport
import Testing

@Suite("A model of random weights")
struct RandomModelTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path("tiny.gguf") }

  init() throws { folder = try TemporaryFolder() }

  private static func tiny(_ architecture: String, sections: [Int32] = [], _ vision: VisionShape? = nil) -> ModelShape {
    ModelShape(
      name: "tiny", architecture: architecture, layers: 2, hiddenSize: 256, heads: 4, keyValueHeads: 2,
      headDimension: 64,
      intermediateSize: 512, ropeTheta: 1e6, contextLength: 1024, mropeSections: sections, vocabulary: 2000,
      vision: vision
    )
  }

  private static func tower(_ family: VisionShape.Family, patch: Int = 14, deepstack: [Int] = []) -> VisionShape {
    VisionShape(
      family: family, layers: 2, hiddenSize: 128, heads: 4, intermediateSize: 256, patchSize: patch,
      imageSide: 8 * patch,
      deepstack: deepstack)
  }

  private func write(_ shape: ModelShape, type: String = "q4_0", visionType: String = "f16") throws -> ModelPaths {
    try RandomModel(shape: shape, type: type, visionType: visionType).write(to: path)
  }

  /// Scores after some tokens, the last of them decoded.
  private func scores(_ model: LoadedModel) throws -> [Float] {
    let language = model.language
    let cache = try KeyValueCache(shape: language.configuration.cacheShape, budget: 16, policy: .full)
    var timeline = MRoPEPositionAssigner()
    try language.prefill(tokens: [1, 2, 3], positions: timeline.text(3), into: cache.ticket(for: .text))
    try language.decode(token: 4, position: timeline.nextText(), into: cache.ticket(for: .text))
    return language.logits
  }

  @Test(
    "loads and gives scores that differ, whatever its weights are stored as",
    arguments: ["q4_0", "q8_0", "q4_k", "f16"])
  func language(type: String) throws {
    let model = try LoadedModel(paths: write(Self.tiny("qwen2"), type: type), threads: 1)
    let scores = try scores(model)
    #expect(scores.count == 2000 && scores.allSatisfy(\.isFinite))
    #expect(Set(scores).count > 100)
    #expect(model.warnings.isEmpty, "its chat template is followed")
    #expect(try folder.names() == ["tiny.gguf"])
  }

  @Test("of each family that sees has a tower that fits it")
  func vision() throws {
    for (shape, side) in [
      (Self.tiny("qwen2vl", sections: [8, 12, 12, 0], Self.tower(.qwen2VL)), 56),
      (Self.tiny("qwen2vl", sections: [8, 12, 12, 0], Self.tower(.qwen25VL)), 56),
      (Self.tiny("qwen3vl", sections: [12, 10, 10, 0], Self.tower(.qwen3VL, patch: 16, deepstack: [0])), 64),
    ] {
      for type in ["f16", "q8_0"] {
        let paths = try write(shape, visionType: type)
        let model = try LoadedModel(paths: paths, threads: 1)
        let image = Image(width: side, height: side, pixels: (0..<side * side * 3).map { UInt8($0 % 251) })
        let block = try #require(model.vision).encode(image, image)
        #expect(block.rows == 4 && block.values.allSatisfy(\.isFinite))
        #expect(try scores(model).allSatisfy(\.isFinite))
        #expect(
          try ModelPaths.resolve(languageModel: path).vision == paths.vision, "it is found by its name")
        for name in try folder.names() { try FileManager.default.removeItem(at: folder.url.appending(path: name)) }
      }
    }
  }

  @Test("of LFM2-VL wants images of at least 64 tokens, of Qwen2-VL of 4, as their processors do")
  func smallestImages() throws {
    var lfm2 = Self.tiny("lfm2", Self.tower(.lfm2, patch: 16))
    lfm2.recurrence = .shortConvolution(attention: [1], kernel: 3)
    let qwen2 = Self.tiny("qwen2vl", sections: [8, 12, 12, 0], Self.tower(.qwen2VL))
    for (shape, pixels) in [(lfm2, 64 * 32 * 32), (qwen2, 4 * 28 * 28)] {
      let model = try LoadedModel(paths: write(shape), threads: 1)
      #expect(try StreamSettings().sizing(for: model).minimumPixels == pixels, "\(shape.architecture)")
      for name in try folder.names() { try FileManager.default.removeItem(at: folder.url.appending(path: name)) }
    }
  }

  @Test("has a vocabulary of usual size that reads text and writes it back")
  func vocabulary() throws {
    var shape = Self.tiny("qwen2")
    shape.vocabulary = 151_936
    let tokenizer = try LoadedModel(paths: write(shape), threads: 1).tokenizer
    let text = "What came first? über 猫"
    let tokens = tokenizer.encode(text, parsingSpecialTokens: false)
    #expect(tokenizer.decode(tokens) == text)
    #expect(tokens.count < text.utf8.count, "letters merge")
    #expect(tokenizer.specialToken("<|im_start|>") == 151_644 && tokenizer.specialToken("<|vision_start|>") == 151_652)
  }

  @Test("is told how far it is, and leaves nothing behind when it is broken off")
  func cancelled() throws {
    let model = try RandomModel(shape: Self.tiny("qwen2"), type: "f16", visionType: "f16")
    let stop = StopSource()
    var told: [Int] = []
    #expect(throws: BenchmarkError.cancelled) {
      try model.write(
        to: path,
        progress: { done, all in
          told.append(done)
          #expect(all == model.byteCount)
          if told.count == 2 { stop.stop() }
        }, stop: stop)
    }
    #expect(told.count == 2 && told[0] < told[1])
    #expect(try folder.names().isEmpty)
  }

  @Test("does not take the place of a file")
  func exists() throws {
    try Data("something".utf8).write(to: URL(filePath: path))
    #expect(throws: BenchmarkError.exists(path: path)) { try write(Self.tiny("qwen2")) }
    #expect(try Data(contentsOf: URL(filePath: path)) == Data("something".utf8))
  }
}
