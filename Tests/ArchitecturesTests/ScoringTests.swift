// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import TestSupport
import Testing

@Suite("Logits after every token")
struct ScoringTests {
  @Test("are those of reading token by token", arguments: ["qwen3", "llama", "lfm2", "qwen3.5"], [256, 3])
  func asDecoded(name: String, block: Int) throws {
    let tokens = [5, 9, 14, 2, 77, 31, 8]
    let positions = tokens.indices.map { MRoPEPosition(text: Int32($0)) }
    let file = try DecoderGolden(name).file
    let pool = ThreadPool(threads: 1)
    let model = try LanguageModel(file: file, threads: pool, maximumBlock: block, instructionSet: .best)
    let cache = try KeyValueCache(shape: model.configuration.cacheShape, budget: 16, policy: .full)
    let all = try model.prefillKeepingLogits(tokens: tokens, positions: positions, into: cache.ticket(for: .text))
    #expect(all.count == tokens.count && cache.count == tokens.count)
    let single = try KeyValueCache(shape: model.configuration.cacheShape, budget: 16, policy: .full)
    for (index, token) in tokens.enumerated() {
      try model.decode(token: token, position: positions[index], into: single.ticket(for: .text))
      #expect(relativeDifference(all[index], model.logits) < 1e-4)
    }
  }
}
