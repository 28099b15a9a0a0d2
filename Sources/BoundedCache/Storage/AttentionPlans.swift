// SPDX-License-Identifier: Apache-2.0

import Compute

/// How attention over each layer is divided among threads: made once for a number of threads and a budget.
struct AttentionPlans {
  /// One for each layer; empty until asked for.
  private var plans: [AttentionPlan] = []

  mutating func plan(ofLayer layer: Int, workers: Int, capacity: CacheCapacity, store: PageStore) -> AttentionPlan {
    if plans.isEmpty || plans[0].workerCount != workers {
      plans = (0..<store.shape.layers).map { layer in
        let budgets = (0..<store.shape.keyValueHeads).map { capacity.tokens[store.group(layer: layer, head: $0)] }
        return AttentionPlan(budgets: budgets, workers: workers)
      }
    }
    return plans[layer]
  }
}
