// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Inference

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
