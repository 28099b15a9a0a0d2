// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Inference

/// Measures several questions that are read on top of the same cache, as forks of one stream: the time up to the logits
/// after each, and the rate of decoding all of them in one batch.
struct BranchBenchmark: Benchmark {
  let model: LoadedModel
  let plan: BenchmarkPlan

  /// Branches of a pass, tokens of a branch, and tokens that are decoded behind each.
  private static let (counts, tokens, decoded) = ([1, 4, 16], 20, 16)

  private var context: Int {
    min(
      plan.contextLengths.max() ?? 0, model.language.configuration.contextLength - Self.tokens - Self.decoded)
  }

  var steps: Int { Self.counts.count * (plan.repetitions + 1) }

  func measure(_ progress: BenchmarkProgress) throws -> [BenchmarkResult] {
    let cache = try KeyValueCache(benchmarking: model, plan: plan, tokens: context + Self.tokens + Self.decoded)
    var random = RandomTokens(for: model)
    if context > 0 {
      var reader = TokenIngest(
        prompt: random.next(context)[...], at: 0, into: cache, language: model.language)
      try reader.readPrompt(progress)
    }
    var read: [Int: [Double]] = [:]
    var decoded: [Int: [Double]] = [:]
    // Counts alternate, so that a change of the machine's speed affects all of them. Repetition 0 is a warm-up.
    for repetition in 0...plan.repetitions {
      for count in Self.counts {
        try progress.begin("\(count) branches")
        let forks = try (0..<count).map { _ in try cache.fork(capacity: Self.tokens + Self.decoded) }
        let reading = try secondsTaken { try step(forks, tokens: Self.tokens, &random) }
        let decoding = try secondsTaken {
          for _ in 0..<Self.decoded { try step(forks, tokens: 1, &random) }
        }
        guard repetition > 0 else { continue }
        read[count, default: []].append(reading)
        decoded[count, default: []].append(Double(count * Self.decoded) / decoding)
      }
    }
    return Self.counts.flatMap { count in
      [
        MedianRange(read[count] ?? []).map {
          BenchmarkResult(
            .branches, condition: "\(count) of \(Self.tokens) tokens, context \(context)", unit: .seconds, value: $0)
        },
        MedianRange(decoded[count] ?? []).map {
          BenchmarkResult(
            .branches, condition: "decode in \(count), context \(context)", unit: .tokensPerSecond, value: $0)
        },
      ].compactMap(\.self)
    }
  }

  /// Reads random tokens in each fork.
  private func step(_ forks: [KVFork], tokens: Int, _ random: inout RandomTokens) throws {
    _ = try model.language.read(
      forks.map { _ in random.next(tokens) }, from: forks.map { context + $0.count }, into: forks)
  }
}
