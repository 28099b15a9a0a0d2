// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import TestSupport
import Testing

@Suite("Whatever happens, the cache stays within its budget and holds what was written")
struct BoundTests {
  @Test("through random streams, questions, answers, budgets and policies", arguments: 0..<12 as Range<UInt64>)
  func boundHoldsAtEveryMoment(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let policies: [RetentionPolicy] = [.infinipotV, .slidingWindow, .uniform]
    let (height, width) = (Int.random(in: 1...4, using: &random), Int.random(in: 1...4, using: &random))
    let perPatch = height * width
    let systemTokens = Int.random(in: 0...5, using: &random)
    var largestBudget = systemTokens + perPatch * Int.random(in: 2...12, using: &random) + 8
    var marked = try MarkedCache(
      layers: 2, heads: 2, budget: largestBudget, policy: policies[Int(seed) % policies.count])
    let cache = marked.cache
    var refusals = 0

    for step in 0..<120 {
      do {
        if cache.count == 0, systemTokens > 0 { try marked.append(systemTokens, to: .system) }
        switch Int.random(in: 0..<15, using: &random) {
        case 0..<5:
          if cache.parkedCount == 0, cache.textCount > 0, Bool.random(using: &random) {
            marked.parkText()
          } else {
            marked.truncateText(to: 0)
          }
          try marked.appendPatches(Int.random(in: 1...2, using: &random), height: height, width: width)
        case 5..<8:
          let question = Int.random(in: 1...9, using: &random)
          try cache.ensureCapacity(for: question)
          try marked.append(question, to: .text)
        case 8:
          marked.truncateText(to: Int.random(in: 0...cache.textCount, using: &random))
        case 9:
          let budget = Int.random(in: 1...(systemTokens + perPatch * 12 + 8), using: &random)
          try cache.setBudget(budget)
          largestBudget = max(largestBudget, budget)
        case 10:
          try cache.setPolicy(policies[Int.random(in: 0..<3, using: &random)])
        case 11, 12:
          if cache.textCount == 0 { marked.reattachText() }
        case 13:
          let first = Int.random(in: 0...cache.textCount, using: &random)
          marked.removeFromText(first..<Int.random(in: first...cache.textCount, using: &random))
        default:
          if cache.parkedCount > 0 { marked.discardParked() }
          try marked.append(Int.random(in: 1...30, using: &random), to: .text)
        }
      } catch let error as CacheError {
        refusals += 1
        switch error {
        case .budgetTooSmall, .noCapacity: break
        case .outOfOrder(.text): #expect(cache.parkedCount > 0)
        default: Issue.record("step \(step): \(error)")
        }
      }
      try expectSound(marked, "seed \(seed), step \(step)")
      #expect(cache.peakCount <= largestBudget)
    }
    #expect(cache.compressionCount > 3)
    #expect(refusals < 110)
  }

  private func expectSound(_ marked: MarkedCache, _ moment: String) throws {
    let cache = marked.cache
    #expect(cache.count <= (try #require(cache.budget)), "\(moment)")
    #expect(cache.byteCount <= cache.allocatedByteCount, "\(moment)")
    #expect(cache.systemCount == marked.system.count && cache.textCount == marked.text.count, "\(moment)")
    #expect(cache.parkedCount == marked.parked.count, "\(moment)")
    for layer in 0..<cache.shape.layers {
      for head in 0..<cache.shape.keyValueHeads {
        let ordinals = try #require(marked.ordinals(layer: layer, head: head), "\(moment): a value was changed")
        #expect(Array(ordinals.prefix(cache.systemCount)) == marked.system, "\(moment)")
        #expect(Array(ordinals.suffix(cache.textCount)) == marked.text, "\(moment)")
        let seen = ordinals.dropLast(cache.textCount)
        #expect(zip(seen, seen.dropFirst()).allSatisfy(<), "\(moment): not in stream order")
      }
    }
  }

  @Test("An hour of video takes the memory of the first minute")
  func memoryIsFlat() throws {
    var marked = try MarkedCache(layers: 1, heads: 1, dimension: 2, budget: 40, policy: .infinipotV)
    try marked.append(3, to: .system)
    let allocated = marked.cache.allocatedByteCount
    for _ in 0..<3600 { try marked.appendPatches(height: 2, width: 2) }
    #expect(marked.cache.peakCount <= 40)
    #expect(marked.cache.allocatedByteCount == allocated)
    #expect(allocated == 48 * marked.cache.shape.bytesPerToken, "40 tokens take three pages of 16")
    #expect(marked.ordinals()?.prefix(3) == [0, 1, 2])
    #expect(marked.cache.compressionCount > 1000)
  }
}
