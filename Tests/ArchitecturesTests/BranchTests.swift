// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import TestSupport
import Testing

/// Several continuations of what is cached, read in one pass.
@Suite("Branches") struct BranchTests {
  static let names = ["qwen3", "qwen3-vl", "llama", "lfm2", "qwen3.5"]
  private let pool = ThreadPool(threads: 2)
  private let beginning = [1, 2, 3, 4, 5, 6, 7]
  private let branches = [[50, 51, 52], [60], [50, 51, 53], [70, 71, 72, 73, 74, 75, 76, 77, 78]]

  private struct Reader {
    let model: LanguageModel
    let cache: KeyValueCache

    init(_ name: String, pool: ThreadPool, block: Int = 256, budget: Int = 64) throws {
      model = try LanguageModel(
        file: DecoderGolden(name).file, threads: pool, maximumBlock: block, instructionSet: .best)
      cache = try KeyValueCache(shape: model.configuration.cacheShape, budget: budget, policy: .infinipotV)
    }

    @discardableResult
    func read(_ tokens: [Int], at start: Int, as segment: CacheSegment) throws -> [Float] {
      let positions = tokens.indices.map { MRoPEPosition(text: Int32(start + $0)) }
      try model.prefill(tokens: tokens, positions: positions, into: cache.ticket(for: segment))
      return model.logits
    }

    func read(branches: [[Int]], from position: Int) throws -> [[Float]] {
      try model.read(branches: branches, from: position, into: cache.ticket(for: .text))
    }
  }

  @Test("each gives the logits that it gives alone", arguments: names, [256, 10])
  func asAlone(name: String, block: Int) throws {
    let forked = try Reader(name, pool: pool, block: block)
    let alone = try Reader(name, pool: pool)
    for reader in [forked, alone] { try reader.read(beginning, at: 0, as: .system) }
    let found = try forked.read(branches: branches, from: beginning.count)
    #expect(found.count == branches.count)
    for (branch, logits) in zip(branches, found) {
      let expected = try alone.read(branch, at: beginning.count, as: .text)
      alone.cache.truncateText(to: 0)
      #expect(relativeDifference(logits, expected) < 1e-5, "\(branch)")
    }
  }

  @Test(
    "1, 4 and 16 questions of 20 tokens over 4,096 cached tokens are answered as each is alone, in the memory of one",
    arguments: names)
  func longStream(name: String) throws {
    let (context, length) = (4096, 20)
    let reader = try Reader(name, pool: pool, budget: context + length)
    var random = SplitMix64(seed: 16)
    func tokens(_ count: Int) -> [Int] { (0..<count).map { _ in Int.random(in: 0..<90, using: &random) } }
    try reader.read(tokens(context), at: 0, as: .system)
    let questions = (0..<16).map { _ in tokens(length) }
    let memory = reader.cache.allocatedByteCount
    let alone = try questions.map { question in
      defer { reader.cache.truncateText(to: 0) }
      return try reader.read(question, at: context, as: .text)
    }
    for count in [1, 4, 16] {
      let found = try reader.read(branches: Array(questions.prefix(count)), from: context)
      #expect(found.count == count)
      for (logits, expected) in zip(found, alone) {
        #expect(relativeDifference(logits, expected) < 1e-5)
        #expect(logits.indices.max { logits[$0] < logits[$1] } == expected.indices.max { expected[$0] < expected[$1] })
      }
      #expect(reader.cache.peakCount == context + length && reader.cache.count == context)
      #expect(reader.cache.allocatedByteCount == memory)
    }
  }

  @Test("they leave the cache as it was, with text before them and without", arguments: names, [0, 2])
  func forgotten(name: String, textCount: Int) throws {
    let forked = try Reader(name, pool: pool)
    let quiet = try Reader(name, pool: pool)
    let text = Array([80, 81].prefix(textCount))
    for reader in [forked, quiet] {
      try reader.read(beginning, at: 0, as: .system)
      if !text.isEmpty { try reader.read(text, at: 7, as: .text) }
    }
    _ = try forked.read(branches: branches, from: 7 + textCount)
    #expect(forked.cache.textCount == textCount)
    #expect(forked.cache.count == quiet.cache.count)
    #expect(
      try forked.read([90, 91], at: 7 + textCount, as: .text) == quiet.read([90, 91], at: 7 + textCount, as: .text))
  }

  @Test("their queries are those that each has alone", arguments: names)
  func queries(name: String) throws {
    let reader = try Reader(name, pool: pool)
    try reader.read(beginning, at: 0, as: .system)
    let ticket = { reader.cache.ticket(for: .text) }
    let together = try reader.model.readRecordingQueries(branches: branches, from: 7, into: ticket())
    for (branch, layers) in zip(branches, together) {
      let alone = try reader.model.readRecordingQueries(branches: [branch], from: 7, into: ticket())[0]
      #expect(layers.count == reader.model.configuration.cacheShape.layers)
      for (layer, expected) in zip(layers, alone) { #expect(relativeDifference(layer, expected) < 1e-5) }
    }
  }

  @Test("only the longest takes room in the cache")
  func room() throws {
    let reader = try Reader("qwen3.5", pool: pool)
    try reader.read(beginning, at: 0, as: .system)
    // 57 tokens are free: eight times nine tokens would not fit, one after the other.
    let many = Array(repeating: branches[3], count: 8)
    #expect(try reader.read(branches: many, from: 7).count == 8)
    #expect(reader.cache.peakCount == 7 + 9)
  }

  @Test("none is empty, longer than a block, or has a token that there is not")
  func refused() throws {
    let reader = try Reader("llama", pool: pool, block: 10)
    for branches in [[[1], []], [Array(repeating: 1, count: 11)], [[1, 1 << 30]], [[-1]]] {
      #expect(throws: ModelError.self) { try reader.read(branches: branches, from: 0) }
      #expect(reader.cache.count == 0)
    }
    #expect(try reader.read(branches: [], from: 0).isEmpty)
  }
}
