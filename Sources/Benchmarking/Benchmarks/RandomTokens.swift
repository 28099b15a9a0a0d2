// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Inference

/// Random tokens of a model's vocabulary, always the same.
struct RandomTokens {
  private let vocabularySize: UInt64
  private var random = SeededGenerator(seed: 7)

  init(for model: LoadedModel) {
    vocabularySize = UInt64(max(model.language.configuration.vocabularySize, 1))
  }

  mutating func next(_ count: Int) -> [Int] { (0..<count).map { _ in Int(random.next() % vocabularySize) } }
}

extension TokenIngest {
  /// Prefills the whole prompt, unless the run is cancelled.
  mutating func readPrompt(_ progress: BenchmarkProgress) throws {
    while hasPrompt {
      try progress.check()
      try readBlock()
    }
  }
}

extension KeyValueCache {
  /// A cache for `tokens` tokens that never compresses.
  convenience init(benchmarking model: LoadedModel, plan: BenchmarkPlan, tokens: Int) throws {
    try self.init(
      shape: model.language.configuration.cacheShape,
      options: KVCacheOptions(budget: tokens, policy: .slidingWindow, type: plan.cacheType))
  }
}
