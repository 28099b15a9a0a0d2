// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import Images
import ModelFile
import Testing

@Suite(.serialized) struct BadInputTests {
  /// Loaded once. They have one user at a time, so the tests follow each other.
  private struct Loaded: @unchecked Sendable {
    let model: LanguageModel
    let tower: VisionTower

    init() throws {
      let golden = try Qwen2VLGolden("grouped-by-two")
      model = try LanguageModel(file: golden.model, threads: ThreadPool(threads: 1))
      tower = try VisionTower(file: golden.vision, threads: ThreadPool(threads: 1))
    }
  }

  private static let loaded = Result { try Loaded() }
  private let model: LanguageModel
  private let tower: VisionTower
  private let cache: KeyValueCache

  init() throws {
    let loaded = try Self.loaded.get()
    (model, tower) = (loaded.model, loaded.tower)
    cache = try KeyValueCache(shape: model.configuration.cacheShape, budget: 8, policy: .infinipotV)
  }

  private func black(_ width: Int, _ height: Int) -> Image {
    Image(width: width, height: height, pixels: Array(repeating: 0, count: width * height * 3))
  }

  @Test(
    "a token outside the vocabulary is refused before the cache is touched", arguments: [-1, 104, Int.max, Int.min])
  func invalidToken(token: Int) {
    #expect(throws: ModelError.self) {
      try model.prefill(
        tokens: [1, token], positions: [MRoPEPosition(text: 0), MRoPEPosition(text: 1)],
        into: cache.ticket(for: .system))
    }
    #expect(throws: ModelError.self) {
      try model.decode(token: token, position: MRoPEPosition(text: 0), into: cache.ticket(for: .text))
    }
    #expect(cache.count == 0)
  }

  @Test("there must be a position for each token")
  func positions() {
    #expect(throws: ModelError.self) {
      try model.prefill(tokens: [1, 2], positions: [MRoPEPosition(text: 0)], into: cache.ticket(for: .system))
    }
    #expect(cache.count == 0)
  }

  @Test("a full cache refuses, and its contents stay usable")
  func fullCache() throws {
    var timeline = MRoPEPositionAssigner()
    try model.prefill(tokens: Array(0..<8), positions: timeline.text(8), into: cache.ticket(for: .text))
    let before = model.logits
    #expect(throws: ModelError.self) {
      try model.decode(token: 1, position: timeline.text(1)[0], into: cache.ticket(for: .text))
    }
    #expect(cache.count == 8)
    #expect(model.logits == before)
  }

  @Test("a cache of another model is refused")
  func otherCache() throws {
    let other = try KeyValueCache(
      shape: CacheShape(layers: 2, keyValueHeads: 2, headDimension: 64), budget: 8, policy: .infinipotV)
    #expect(throws: ModelError.self) {
      try model.decode(token: 1, position: MRoPEPosition(text: 0), into: other.ticket(for: .text))
    }
  }

  @Test("embeddings of another width are refused")
  func otherWidth() {
    let block = VisionTokenEmbeddings(rows: 1, width: 96, values: Array(repeating: 0, count: 96))
    #expect(throws: ModelError.self) {
      try model.prefill(
        embeddings: block, positions: [MRoPEPosition(text: 0)],
        into: cache.ticket(for: .vision, grid: GridTHW(temporalPatches: 1, height: 1, width: 1)))
    }
  }

  @Test(
    "images whose sides do not fit are refused",
    arguments: [(0, 0), (1, 1), (27, 28), (28, 29), (0, 28), (28 * 200, 28 * 200)])
  func images(width: Int, height: Int) throws {
    let image = black(width, height)
    let error = #expect(throws: ModelError.self) { try tower.encode(image, image) }
    #expect(error?.description.contains("\(width)×\(height)") == true)
  }

  @Test("two images of one temporal patch must have the same size")
  func differentSizes() {
    #expect(throws: ModelError.self) { try tower.encode(black(28, 56), black(56, 28)) }
  }

  @Test("nothing to read changes nothing")
  func nothing() throws {
    try model.prefill(tokens: [], positions: [], into: cache.ticket(for: .text))
    #expect(cache.count == 0)
  }

  @Test("positions at the end of their range do not trap")
  func farPositions() throws {
    try model.decode(token: 1, position: MRoPEPosition(text: .max), into: cache.ticket(for: .text))
    try model.decode(token: 2, position: MRoPEPosition(text: .min), into: cache.ticket(for: .text))
    #expect(!model.logits.contains { !$0.isFinite })
  }
}
