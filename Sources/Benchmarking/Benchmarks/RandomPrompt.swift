// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Inference

/// A prompt of random tokens, of any length.
struct RandomPrompt {
  private let language: LanguageModel
  private var timeline = MRoPEPositions()
  private var random = SeededGenerator(seed: 7)

  /// Tokens that are prefilled between two checks for cancellation.
  private static let block = 256

  init(model: LoadedModel) {
    language = model.language
  }

  private mutating func nextToken() -> Int {
    Int(random.next() % UInt64(max(language.configuration.vocabularySize, 1)))
  }

  /// Prefills the next `count` tokens.
  mutating func prefill(
    _ count: Int, into cache: KeyValueCache, segment: CacheSegment, _ progress: BenchmarkProgress
  ) throws {
    var rest = count
    while rest > 0 {
      try progress.check()
      let length = min(rest, Self.block)
      var tokens: [Int] = []
      for _ in 0..<length { tokens.append(nextToken()) }
      try language.prefill(tokens: tokens, positions: timeline.text(length), cache: cache, segment: segment)
      rest -= length
    }
  }

  /// Decodes one token, as if it had just been sampled.
  mutating func decode(into cache: KeyValueCache) throws {
    try language.decode(token: nextToken(), position: timeline.nextText(), cache: cache)
  }

  /// Goes back to the position after the first `count` tokens.
  mutating func rewind(to count: Int) { timeline.rewind(toText: count) }
}

extension KeyValueCache {
  /// A cache for `tokens` tokens that never compresses.
  convenience init(benchmarking model: LoadedModel, plan: BenchmarkPlan, tokens: Int) throws {
    try self.init(
      shape: model.language.configuration.cacheShape, budget: tokens, policy: .slidingWindow, type: plan.cacheType)
  }
}
