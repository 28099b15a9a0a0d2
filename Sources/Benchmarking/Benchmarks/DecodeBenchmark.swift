// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import Inference

/// Measures how fast tokens are written while so many are held, beside what memory gives at that moment. Choosing the
/// token is left out.
package struct DecodeBenchmark: Benchmark {
  let model: LoadedModel
  let plan: BenchmarkPlan
  let machine: Machine

  /// The most tokens of a round.
  static let mostTokens = 64
  private static let leastTokens = 4

  private var held: [Int] {
    let context = model.language.configuration.contextLength
    return Set(plan.held.filter { $0 >= 0 && $0 + Self.mostTokens <= context }).sorted()
  }

  var steps: Int { held.count * (plan.rounds + 1) }

  func measure(_ progress: RoundProgress) throws -> [BenchmarkResult] {
    let memory = try MemoryBandwidth(machine)
    let cache = try KeyValueCache(benchmarking: model, plan: plan, tokens: (held.last ?? 0) + Self.mostTokens)
    var prompt = Prompt(model: model)
    var figures: [BenchmarkResult] = []
    for held in held {
      try progress.begin("decode, \(held) held")
      prompt.rewind(to: cache.count)
      try prompt.read(held - cache.count, into: cache, segment: .system, progress)
      var run = Run(prompt: prompt, cache: cache, held: held)
      let tokens = try run.calibrate(seconds: plan.decodingSeconds)
      var seconds: [Double] = []
      var bandwidths = [memory.measure()]
      for _ in 0..<plan.rounds {
        try progress.begin("decode, \(held) held")
        seconds.append(try run.secondsPerToken(tokens))
        bandwidths.append(memory.measure())
      }
      figures += figure(held: held, tokens: tokens, secondsPerToken: seconds, bandwidths: bandwidths)
    }
    return figures
  }

  private func figure(held: Int, tokens: Int, secondsPerToken: [Double], bandwidths: [Double]) -> [BenchmarkResult] {
    let weights = model.language.weightByteCount
    let bytes = Self.bytesPerToken(
      weights: weights, cachePerToken: model.language.configuration.cacheShape.bytesPerToken(plan.cacheType),
      held: held, written: tokens)
    return [
      BenchmarkResult.decoding(
        place: "\(held) held", secondsPerToken: secondsPerToken, bytesPerToken: bytes, bandwidths: bandwidths,
        isWithinCaches: bytes < 2 * machine.cacheBytes)
    ].compactMap(\.self)
  }

  /// What writing a token reads, on average over a round: all weights, and the keys and values of all tokens before it.
  package static func bytesPerToken(weights: Int, cachePerToken: Int, held: Int, written: Int) -> Int {
    weights + cachePerToken * held + cachePerToken * (written + 1) / 2
  }

  /// Rounds behind the same tokens held.
  private struct Run {
    var prompt: Prompt
    let cache: KeyValueCache
    let held: Int

    /// Warms up.
    ///
    /// - Returns: as many tokens as take about so long.
    mutating func calibrate(seconds: Double) throws -> Int {
      let perToken = try min(secondsPerToken(2), secondsPerToken(DecodeBenchmark.leastTokens))
      return min(max(Int(min(seconds / perToken, 1e6)), DecodeBenchmark.leastTokens), DecodeBenchmark.mostTokens)
    }

    mutating func secondsPerToken(_ count: Int) throws -> Double {
      cache.truncateText(to: 0)
      prompt.rewind(to: held)
      let taken = try secondsTaken { for _ in 0..<count { try prompt.write(into: cache) } }
      cache.truncateText(to: 0)
      return taken / Double(count)
    }
  }
}
