// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import TestSupport
import Testing

/// Several continuations of what is cached, which go on token by token in one batch.
@Suite("Forks") struct ForkTests {
  static let names = BranchTests.names
  private let pool = ThreadPool(threads: 2)

  private struct Reader {
    let model: LanguageModel
    let cache: KeyValueCache

    init(
      _ name: String, pool: ThreadPool, budget: Int, type: KeyValueType = .f16, policy: RetentionPolicy = .infinipotV
    ) throws {
      model = try LanguageModel(file: DecoderGolden(name).file, threads: pool)
      cache = try KeyValueCache(
        shape: model.configuration.cacheShape, options: KVCacheOptions(budget: budget, policy: policy, type: type))
    }

    @discardableResult
    func read(_ tokens: [Int], at start: Int, as segment: CacheSegment) throws -> [Float] {
      let positions = tokens.indices.map { MRoPEPosition(text: Int32(start + $0)) }
      try model.prefill(tokens: tokens, positions: positions, into: cache.ticket(for: segment))
      return model.logits
    }

    /// The logits of a question alone and of each token after it, the likeliest every time. The text is dropped again.
    func alone(_ question: [Int], at start: Int, steps: Int) throws -> [[Float]] {
      let before = cache.textCount
      precondition(before == 0 || !cache.shape.isHybrid)
      defer { cache.truncateText(to: before) }
      var all = [try read(question, at: start, as: .text)]
      for step in 0..<steps {
        let position = MRoPEPosition(text: Int32(start + question.count + step))
        try model.decode(token: ForkTests.likeliest(all[step]), position: position, into: cache.ticket(for: .text))
        all.append(model.logits)
      }
      return all
    }

    /// The same of several questions in forks, `[questions][steps + 1][vocabulary]`.
    func forked(_ questions: [[Int]], at start: Int, steps: Int) throws -> [[[Float]]] {
      let forks = try questions.map { try cache.fork(capacity: $0.count + steps) }
      var all = try model.read(questions, from: questions.map { _ in start }, into: forks).map { [Array($0)] }
      for step in 0..<steps {
        let logits = try model.read(
          all.map { [ForkTests.likeliest($0[step])] }, from: forks.map { start + $0.count }, into: forks)
        for (index, row) in logits.enumerated() { all[index].append(Array(row)) }
      }
      return all
    }
  }

  private static func likeliest(_ logits: [Float]) -> Int { logits.indices.max { logits[$0] < logits[$1] } ?? 0 }

  private func tokens(_ count: Int, _ random: inout SplitMix64) -> [Int] {
    (0..<count).map { _ in Int.random(in: 0..<90, using: &random) }
  }

  private func expectEqual(_ found: [[Float]], _ alone: [[Float]], _ difference: Double = 1e-5) {
    #expect(found.count == alone.count)
    for (row, expected) in zip(found, alone) {
      #expect(relativeDifference(row, expected) < difference)
      #expect(Self.likeliest(row) == Self.likeliest(expected))
    }
  }

  @Test(
    "1, 4 and 16 questions of 20 tokens over 4,096 cached tokens are answered as each is alone, token by token",
    arguments: names, [4096, 1030])
  func longStream(name: String, context: Int) throws {
    let (length, steps) = (20, 8)
    let reader = try Reader(name, pool: pool, budget: context + length + steps)
    var random = SplitMix64(seed: 16)
    try reader.read(tokens(context, &random), at: 0, as: .system)
    let questions = (0..<16).map { _ in tokens(length, &random) }
    let memory = reader.cache.allocatedByteCount
    let alone = try questions.map { try reader.alone($0, at: context, steps: steps) }
    for count in [1, 4, 16] {
      let found = try reader.forked(Array(questions.prefix(count)), at: context, steps: steps)
      for (answer, expected) in zip(found, alone) { expectEqual(answer, expected) }
      #expect(reader.cache.allocatedByteCount == memory && reader.cache.count == context)
      #expect(reader.cache.peakCount == context + length + steps)
    }
    expectEqual(try reader.alone(questions[0], at: context, steps: steps), alone[0], 1e-12)
  }

  @Test(
    "they go on behind text that they have in common, and the text goes on as if they had not been", arguments: names)
  func onText(name: String) throws {
    let forked = try Reader(name, pool: pool, budget: 128)
    let quiet = try Reader(name, pool: pool, budget: 128)
    for reader in [forked, quiet] {
      try reader.read([1, 2, 3, 4, 5], at: 0, as: .system)
      try reader.read([80, 81, 82], at: 5, as: .text)
    }
    let found = try forked.forked([[50, 51], [60, 61, 62, 63]], at: 8, steps: 3)
    for (question, answer) in zip([[50, 51], [60, 61, 62, 63]], found) {
      let alone = try Reader(name, pool: pool, budget: 128)
      try alone.read([1, 2, 3, 4, 5], at: 0, as: .system)
      let whole = try alone.alone([80, 81, 82] + question, at: 5, steps: 3)
      // Read in other blocks, some keys and values are rounded to other 16-bit floats.
      expectEqual(answer, whole, 1e-4)
    }
    #expect(forked.cache.textCount == 3)
    #expect(try forked.read([90, 91], at: 8, as: .text) == quiet.read([90, 91], at: 8, as: .text))
  }

  @Test("one of them may end before the others", arguments: names)
  func leaving(name: String) throws {
    let reader = try Reader(name, pool: pool, budget: 128)
    try reader.read(Array(1...40), at: 0, as: .system)
    let alone = try [[50], [60, 61], [70, 71, 72]].map { try reader.alone($0, at: 40, steps: 2) }
    var forks = try (0..<3).map { _ in try reader.cache.fork(capacity: 8) }
    _ = try reader.model.read([[50], [60, 61], [70, 71, 72]], from: [40, 40, 40], into: forks)
    for (step, left) in [[0, 1, 2], [0, 2]].enumerated() {
      let logits = try reader.model.read(
        left.map { [Self.likeliest(alone[$0][step])] }, from: forks.map { 40 + $0.count }, into: forks)
      for (index, row) in zip(left, logits) { expectEqual([Array(row)], [alone[index][step + 1]]) }
      if step == 0 { forks.remove(at: 1) }
    }
  }

  @Test("a prompt may be read in parts", arguments: names)
  func parts(name: String) throws {
    let reader = try Reader(name, pool: pool, budget: 128)
    try reader.read(Array(1...20), at: 0, as: .system)
    let question = [50, 51, 52, 53, 54]
    let alone = try reader.alone(question, at: 20, steps: 0)
    let forks = try (0..<2).map { _ in try reader.cache.fork(capacity: 8) }
    _ = try reader.model.read([[50, 51], [50]], from: [20, 20], into: forks)
    let logits = try reader.model.read([[52, 53, 54], [51, 52, 53, 54]], from: [22, 21], into: forks)
    for row in logits { expectEqual([Array(row)], alone) }
  }

  @Test("with every storage type", arguments: KeyValueType.allCases)
  func types(type: KeyValueType) throws {
    let reader = try Reader("qwen3", pool: pool, budget: 512, type: type)
    guard type.supports(headDimension: reader.cache.shape.headDimension) else { return }
    var random = SplitMix64(seed: 5)
    try reader.read(tokens(300, &random), at: 0, as: .system)
    let questions = (0..<4).map { _ in tokens(20, &random) }
    // 4-bit ranges that a question widens stay wide, so that all are read once before they are compared.
    for question in questions { _ = try reader.alone(question, at: 300, steps: 4) }
    let alone = try questions.map { try reader.alone($0, at: 300, steps: 4) }
    for (answer, expected) in zip(try reader.forked(questions, at: 300, steps: 4), alone) {
      for (row, expected) in zip(answer, expected) { #expect(relativeDifference(row, expected) < 1e-4) }
    }
  }

  @Test("4-bit keys whose range another fork widens are packed again, in the cache and in all forks")
  func widened() throws {
    let reader = try Reader("qwen3", pool: pool, budget: 512, type: .q4)
    guard KeyValueType.q4.supports(headDimension: reader.cache.shape.headDimension) else { return }
    var random = SplitMix64(seed: 6)
    try reader.read(tokens(90, &random), at: 0, as: .system)
    let questions = (0..<6).map { _ in tokens(20, &random) }
    let floats = try Reader("qwen3", pool: pool, budget: 512)
    random = SplitMix64(seed: 6)
    try floats.read(tokens(90, &random), at: 0, as: .system)
    let alone = try questions.map { try floats.alone($0, at: 90, steps: 0) }
    for (answer, expected) in zip(try reader.forked(questions, at: 90, steps: 0), alone) {
      #expect(relativeDifference(answer[0], expected[0]) < 0.2)
    }
  }

  @Test(
    "what is refused leaves the cache as it was, and a fork has no more room than the text would have",
    arguments: names)
  func refused(name: String) throws {
    let reader = try Reader(name, pool: pool, budget: 30)
    let quiet = try Reader(name, pool: pool, budget: 30)
    for reader in [reader, quiet] { try reader.read(Array(1...20), at: 0, as: .system) }
    let forks = try (0..<2).map { _ in try reader.cache.fork(capacity: 100) }
    #expect(forks[0].canAppend(10) && !forks[0].canAppend(11))
    for tokens in [[[1], []], [[1], [1 << 30]], [[-1], [1]], [[1]], [[1], Array(1...11)]] {
      #expect(throws: ModelError.self) {
        try reader.model.read(tokens, from: tokens.map { _ in 20 }, into: Array(forks.prefix(2)))
      }
    }
    #expect(try reader.cache.fork(capacity: 3).canAppend(4) == false)
    #expect(reader.cache.count == 20)
    #expect(try reader.read([90, 91], at: 20, as: .text) == quiet.read([90, 91], at: 20, as: .text))
  }

  @Test("no fork is begun while text is parked")
  func parked() throws {
    let reader = try Reader("qwen3", pool: pool, budget: 64)
    try reader.read([1, 2, 3], at: 0, as: .system)
    try reader.read([4, 5], at: 3, as: .text)
    reader.cache.parkText()
    #expect(throws: CacheError.outOfOrder(.text)) { try reader.cache.fork(capacity: 8) }
  }
}
