// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Inference

/// Measures how fast prompts of some lengths are read into an empty cache, the scores after the last token included.
struct PrefillBenchmark: Benchmark {
  let model: LoadedModel
  let plan: BenchmarkPlan

  private var lengths: [Int] {
    let context = model.language.configuration.contextLength
    return plan.lengths.filter { $0 <= context }
  }

  var steps: Int { lengths.count * (plan.rounds + 1) }

  func measure(_ progress: RoundProgress) throws -> [BenchmarkResult] {
    let cache = try KeyValueCache(benchmarking: model, plan: plan, tokens: lengths.max() ?? 1)
    var seconds: [Int: [Double]] = [:]
    // Lengths take turns, so that a machine whose speed changes changes all of them alike; the first turn is for
    // warming up.
    for round in 0...plan.rounds {
      for length in lengths {
        try progress.begin("prefill, \(length) tokens")
        var prompt = Prompt(model: model)
        let taken = try secondsTaken { try prompt.read(length, into: cache, segment: .text, progress) }
        if round > 0 { seconds[length, default: []].append(taken) }
        cache.removeAll()
      }
    }
    return lengths.compactMap { length in
      MedianRange((seconds[length] ?? []).map { Double(length) / $0 }).map {
        BenchmarkResult(.prefill, place: "\(length) tokens", unit: .tokensPerSecond, value: $0)
      }
    }
  }
}

/// Text of which only the length matters, read piece by piece.
struct Prompt {
  private let language: LanguageModel
  private var timeline = MRoPEPositions()
  private var random = SeededGenerator(seed: 7)

  /// Tokens between two looks at whether to break off.
  private static let piece = 256

  init(model: LoadedModel) {
    language = model.language
  }

  mutating func nextToken() -> Int {
    Int(random.next() % UInt64(max(language.configuration.vocabularySize, 1)))
  }

  mutating func read(
    _ count: Int, into cache: KeyValueCache, segment: CacheSegment, _ progress: RoundProgress
  ) throws {
    var rest = count
    while rest > 0 {
      try progress.check()
      let length = min(rest, Self.piece)
      var tokens: [Int] = []
      for _ in 0..<length { tokens.append(nextToken()) }
      try language.prefill(tokens: tokens, positions: timeline.text(length), cache: cache, segment: segment)
      rest -= length
    }
  }

  /// Reads one token as if it had just been written.
  mutating func write(into cache: KeyValueCache) throws {
    try language.decode(token: nextToken(), position: timeline.nextText(), cache: cache)
  }

  /// Goes back to where so many tokens have been read.
  mutating func rewind(to count: Int) { timeline.rewind(toText: count) }
}

extension KeyValueCache {
  /// A cache with room for so many tokens, in which nothing is thinned out.
  convenience init(benchmarking model: LoadedModel, plan: BenchmarkPlan, tokens: Int) throws {
    try self.init(
      shape: model.language.configuration.cacheShape, budget: tokens, policy: .slidingWindow, type: plan.cacheType)
  }
}
