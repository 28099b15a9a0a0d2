// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Inference

/// Measures the rate of prefilling prompts of several lengths into an empty KV cache, up to the last token's logits.
struct PrefillBenchmark: Benchmark {
  let model: LoadedModel
  let plan: BenchmarkPlan

  private var lengths: [Int] {
    let context = model.language.configuration.contextLength
    return plan.promptLengths.filter { $0 <= context }
  }

  var steps: Int { lengths.count * (plan.repetitions + 1) }

  func measure(_ progress: BenchmarkProgress) throws -> [BenchmarkResult] {
    let cache = try KeyValueCache(benchmarking: model, plan: plan, tokens: lengths.max() ?? 1)
    var seconds: [Int: [Double]] = [:]
    // Lengths alternate, so that a change of the machine's speed affects all of them. Repetition 0 is a warm-up.
    for repetition in 0...plan.repetitions {
      for length in lengths {
        try progress.begin("prefill, \(length) tokens")
        var tokens = RandomTokens(for: model)
        var reader = TokenIngest(prompt: tokens.next(length)[...], at: 0, into: cache, language: model.language)
        let taken = try secondsTaken { try reader.readPrompt(progress) }
        if repetition > 0 { seconds[length, default: []].append(taken) }
        cache.removeAll()
      }
    }
    return lengths.compactMap { length in
      MedianRange((seconds[length] ?? []).map { Double(length) / $0 }).map {
        BenchmarkResult(.prefill, condition: "\(length) tokens", unit: .tokensPerSecond, value: $0)
      }
    }
  }
}
