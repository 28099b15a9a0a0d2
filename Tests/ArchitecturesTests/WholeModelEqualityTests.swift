// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import Images
import ModelFile
import TestSupport
import Testing

/// Vision tower and decoder together equal Hugging Face transformers, from pixels to logits, with compressions on the
/// way and without. See Goldens/make_whole_goldens.py.
@Suite("A whole model") struct WholeModelEqualityTests {
  static let names = ["idefics3", "lfm2", "minicpmv4_6"]

  /// A model and what the reference computes with it.
  private struct Golden {
    let language, tower, values: GGUFFile

    init(_ name: String) throws {
      language = try GGUFFile(path: goldenPath("whole-\(name).gguf"))
      tower = try GGUFFile(path: goldenPath("whole-\(name)-mmproj.gguf"))
      values = try GGUFFile(path: goldenPath("whole-\(name)-golden.gguf"))
    }

    func logits(_ name: String) throws -> [Float] {
      values.bytes(of: try values.requiredTensor(name)).bindMemory(to: Float.self).map { $0 }
    }

    /// The logits after each token of the question.
    ///
    /// - Parameter budget: nil for one in which everything fits.
    func run(block: Int, budget: Int? = nil) throws -> (logits: [[Float]], compressions: Int) {
      let pool = ThreadPool(threads: 2)
      let model = try LanguageModel(file: language, threads: pool, maximumBlock: block)
      let tower = try VisionTower(file: tower, threads: pool)
      try tower.check(fits: model)
      let tokens = try values.metadata.integers("tokens")
      let mark = try values.metadata.integer("mark")
      let side = try values.metadata.integer("side")
      let cache = try KeyValueCache(
        shape: model.configuration.cacheShape, budget: budget ?? tokens.count, policy: .infinipotV)
      let first = try #require(tokens.firstIndex(of: mark))
      let last = try #require(tokens.lastIndex(of: mark)) + 1
      var positions = MRoPEPositionAssigner()
      try model.prefill(
        tokens: Array(tokens[..<first]), positions: positions.text(first), into: cache.ticket(for: .system))
      let grid = tower.configuration.tokenGrid(width: side, height: side)
      let patch = GridTHW(temporalPatches: 1, height: grid.rows, width: grid.columns)
      for index in 0..<(last - first) / patch.tokenCount {
        let image = goldenImage(index, width: side, height: side)
        let embeddings = try tower.encode(image, image)
        try cache.ensureCapacity(for: patch.tokenCount, in: .vision)
        try model.prefill(
          embeddings: embeddings, positions: positions.text(patch.tokenCount),
          into: cache.ticket(for: .vision, grid: patch))
      }
      let question = Array(tokens[last...])
      try cache.ensureCapacity(for: question.count)
      guard block > 1 else {
        var logits: [[Float]] = []
        for token in question {
          try model.decode(token: token, position: positions.nextText(), into: cache.ticket(for: .text))
          logits.append(model.logits)
        }
        return (logits, cache.compressionCount)
      }
      let all = try model.prefillKeepingLogits(
        tokens: question, positions: positions.text(question.count), into: cache.ticket(for: .text))
      return (all, cache.compressionCount)
    }
  }

  @Test("gives the reference's logits, in one go and token by token", arguments: names, [256, 1])
  func plain(name: String, block: Int) throws {
    let golden = try Golden(name)
    let run = try golden.run(block: block)
    #expect(run.compressions == 0)
    for (stage, tolerance) in [("logits", 2e-3), ("logits_16_bit_cache", 2e-4)] {
      let difference = relativeDifference(run.logits.flatMap(\.self), try golden.logits(stage))
      #expect(difference < tolerance, "\(stage): \(difference)")
    }
  }

  @Test("gives them with compressions on the way", arguments: names, [256, 1])
  func compressed(name: String, block: Int) throws {
    let golden = try Golden(name)
    let run = try golden.run(block: block, budget: golden.values.metadata.integer("budget"))
    #expect(run.compressions == 2)
    let expected = try golden.logits("compressed_logits")
    #expect(relativeDifference(run.logits.flatMap(\.self), expected) < 2e-4)
    #expect(relativeDifference(expected, try golden.logits("logits_16_bit_cache")) > 0.02, "evicted tokens count")
  }
}
