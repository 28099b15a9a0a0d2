// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import Inference

/// Which products a model computes, and how often.
struct ProductList {
  /// What a model does, in the order in which it is tuned.
  enum Phase: String, CaseIterable {
    case decode
    case prefill
    case vision
  }

  /// The products of each phase; none of a vision tower that is not there.
  private(set) var products: [Phase: [ProductRecorder.Product]] = [:]

  /// Runs a model: it decodes a token, prefills a whole block and a short one, and encodes a temporal patch.
  init(of model: LoadedModel) throws {
    let language = model.language
    let block = min(language.maximumBlock, language.configuration.contextLength)
    let short = min(32, block)
    let plan = BenchmarkPlan()
    let cache = try KeyValueCache(benchmarking: model, plan: plan, tokens: block + 1)
    var tokens = RandomTokens(for: model)
    for length in [block, short] {
      products[.prefill, default: []] += try Self.products(of: language) {
        var reader = TokenIngest(prompt: tokens.next(length)[...], at: 0, into: cache, language: language)
        while reader.hasPrompt { try reader.readBlock() }
      }
      cache.removeAll()
    }
    products[.decode] = try Self.products(of: language) {
      var reader = TokenIngest(prompt: [], at: 0, into: cache, language: language)
      try reader.read(tokens.next(1)[0])
    }
    // What a prompt ends with is a token's output, which decoding has too.
    products[.prefill]?.removeAll { $0.shape.tokenClass == 1 }
    guard let tower = model.vision else { return }
    let size = model.frameSize(plan)
    var noise = NoiseFrames(size: size)
    let recorder = ProductRecorder()
    tower.productRecorder = recorder
    defer { tower.productRecorder = nil }
    _ = try tower.encode(noise.next(), noise.next())
    products[.vision] = recorder.products
  }

  private static func products(
    of language: LanguageModel, _ body: () throws -> Void
  ) rethrows -> [ProductRecorder.Product] {
    let recorder = ProductRecorder()
    language.productRecorder = recorder
    defer { language.productRecorder = nil }
    try body()
    return recorder.products
  }
}
