// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Inference

/// Measures several questions that are read in one pass on top of the same cache, as forks of one stream, up to the
/// logits after each.
struct BranchBenchmark: Benchmark {
  let model: LoadedModel
  let plan: BenchmarkPlan

  /// Branches of a pass, and tokens of a branch.
  private static let (counts, tokens) = ([1, 4, 16], 20)

  private var context: Int {
    min(plan.contextLengths.max() ?? 0, model.language.configuration.contextLength - Self.tokens)
  }

  var steps: Int { Self.counts.count * (plan.repetitions + 1) }

  func measure(_ progress: BenchmarkProgress) throws -> [BenchmarkResult] {
    let cache = try KeyValueCache(benchmarking: model, plan: plan, tokens: context + Self.tokens)
    var random = RandomTokens(for: model)
    if context > 0 {
      var reader = TokenIngest(
        prompt: random.next(context)[...], at: 0, into: cache, language: model.language)
      try reader.readPrompt(progress)
    }
    var seconds: [Int: [Double]] = [:]
    // Counts alternate, so that a change of the machine's speed affects all of them. Repetition 0 is a warm-up.
    for repetition in 0...plan.repetitions {
      for count in Self.counts {
        try progress.begin("\(count) branches")
        let branches = (0..<count).map { _ in random.next(Self.tokens) }
        let taken = try secondsTaken {
          _ = try model.language.read(branches: branches, from: context, into: cache.ticket(for: .text))
        }
        if repetition > 0 { seconds[count, default: []].append(taken) }
      }
    }
    return Self.counts.compactMap { count in
      MedianRange(seconds[count] ?? []).map {
        BenchmarkResult(
          .branches, condition: "\(count) of \(Self.tokens) tokens, context \(context)", unit: .seconds, value: $0)
      }
    }
  }
}
