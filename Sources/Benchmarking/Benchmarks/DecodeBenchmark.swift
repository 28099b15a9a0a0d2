// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import Inference

/// Measures the rate of decoding with several numbers of tokens in the KV cache, and the bandwidth that it uses.
/// Sampling is left out.
package struct DecodeBenchmark: Benchmark {
  let model: LoadedModel
  let plan: BenchmarkPlan
  let machine: Machine

  /// The most tokens of one repetition.
  static let mostTokens = 64
  private static let leastTokens = 4

  private var contextLengths: [Int] {
    let longest = model.language.configuration.contextLength
    return Set(plan.contextLengths.filter { $0 >= 0 && $0 + Self.mostTokens <= longest }).sorted()
  }

  var steps: Int { contextLengths.count * (plan.repetitions + 1) }

  func measure(_ progress: BenchmarkProgress) throws -> [BenchmarkResult] {
    let memory = try MemoryBandwidth(machine)
    let cache = try KeyValueCache(
      benchmarking: model, plan: plan, tokens: (contextLengths.last ?? 0) + Self.mostTokens)
    var tokens = RandomTokens(for: model)
    var results: [BenchmarkResult] = []
    for context in contextLengths {
      try progress.begin("decode, context \(context)")
      var reader = TokenIngest(
        prompt: tokens.next(context - cache.count)[...], at: cache.count, into: cache, segment: .system,
        language: model.language)
      try reader.readPrompt(progress)
      var run = Run(language: model.language, tokens: tokens, cache: cache, context: context)
      let count = try run.calibrate(seconds: plan.decodeSeconds)
      var seconds: [Double] = []
      var bandwidths = [memory.measure()]
      for _ in 0..<plan.repetitions {
        try progress.begin("decode, context \(context)")
        seconds.append(try run.secondsPerToken(count))
        bandwidths.append(memory.measure())
      }
      results += result(context: context, tokens: count, secondsPerToken: seconds, bandwidths: bandwidths)
    }
    return results
  }

  private func result(
    context: Int, tokens: Int, secondsPerToken: [Double], bandwidths: [Double]
  ) -> [BenchmarkResult] {
    let bytes = Self.bytesPerToken(
      weights: model.language.weightByteCount,
      cachePerToken: model.language.configuration.cacheShape.bytesPerToken(plan.cacheType), context: context,
      decoded: tokens)
    return [
      BenchmarkResult.decoding(
        condition: "context \(context)", secondsPerToken: secondsPerToken, bytesPerToken: bytes,
        bandwidths: bandwidths, isWithinCaches: bytes < 2 * machine.cacheBytes)
    ].compactMap(\.self)
  }

  /// Bytes that decoding a token reads, on average over a repetition: all weights, and the keys and values of all
  /// tokens before it.
  ///
  /// - Parameters:
  ///   - weights: bytes of all weights.
  ///   - cachePerToken: bytes of a token's keys and values.
  ///   - context: tokens in the KV cache before the repetition.
  ///   - decoded: tokens that the repetition decodes.
  package static func bytesPerToken(weights: Int, cachePerToken: Int, context: Int, decoded: Int) -> Int {
    weights + cachePerToken * context + cachePerToken * (decoded + 1) / 2
  }

  /// Repetitions after the same context.
  private struct Run {
    let language: LanguageModel
    var tokens: RandomTokens
    let cache: KeyValueCache
    let context: Int

    /// Warms up.
    ///
    /// - Returns: the number of tokens whose decoding takes about `seconds`.
    mutating func calibrate(seconds: Double) throws -> Int {
      let perToken = try min(secondsPerToken(2), secondsPerToken(DecodeBenchmark.leastTokens))
      return min(max(Int(min(seconds / perToken, 1e6)), DecodeBenchmark.leastTokens), DecodeBenchmark.mostTokens)
    }

    mutating func secondsPerToken(_ count: Int) throws -> Double {
      cache.truncateText(to: 0)
      var reader = TokenIngest(prompt: [], at: context, into: cache, language: language)
      let next = tokens.next(count)
      let taken = try secondsTaken { () throws(ModelError) in for token in next { try reader.read(token) } }
      cache.truncateText(to: 0)
      return taken / Double(count)
    }
  }
}
