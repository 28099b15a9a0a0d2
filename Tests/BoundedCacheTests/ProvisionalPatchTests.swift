// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import TestSupport
import Testing

@Suite("A provisional temporal patch")
struct ProvisionalPatchTests {
  private func cache(budget: Int = 200) throws -> MarkedCache {
    var marked = try MarkedCache(budget: budget, policy: .infinipotV)
    try marked.append(4, to: .system)
    return marked
  }

  /// Figures and rows of a cache.
  private func contents(_ cache: KeyValueCache) -> [String] {
    var contents = ["\(cache.count) \(cache.visionCount) \(cache.parkedCount) \(cache.byteCount)"]
    contents += ["\(cache.temporalPatchesAppended) \(cache.positionedTemporalPatches) \(cache.nextVisionPosition)"]
    contents.append("\(cache.tokensPerTemporalPatchAndLayer) \(cache.retainedTemporalPatches())")
    for layer in 0..<cache.shape.layers {
      for head in 0..<cache.shape.keyValueHeads {
        contents.append("\(cache.keyRows(layer: layer, head: head)) \(cache.valueRows(layer: layer, head: head))")
        contents.append("\(cache.visionTokens(layer: layer, head: head))")
      }
    }
    return contents
  }

  @Test("is taken back with its caption, and the cache is as if it had never come", arguments: [0, 1, 5, 30])
  func takenBack(patchesBefore: Int) throws {
    var marked = try cache(budget: 120)
    for _ in 0..<patchesBefore {
      try marked.cache.ensureCapacity(for: 15, in: .vision)
      try marked.append(3, to: .vision)
      try marked.appendPatches(height: 3, width: 4)
    }
    #expect((marked.cache.compressionCount > 0) == (patchesBefore == 30))
    try marked.cache.ensureCapacity(for: 15, in: .vision)
    let before = contents(marked.cache)
    marked.cache.beginProvisionalPatch()
    try marked.append(3, to: .vision)
    try marked.appendPatches(height: 3, width: 4)
    #expect(marked.cache.temporalPatchesAppended == patchesBefore + 1)
    #expect(marked.cache.withdrawProvisionalPatch())
    #expect(contents(marked.cache) == before)
    // What comes in its place is the stream's next patch.
    try marked.appendPatches(height: 3, width: 4)
    #expect(marked.cache.retainedTemporalPatches().last?.streamIndex == patchesBefore)
  }

  @Test("leaves room for patches of another size, where it was the first")
  func otherSize() throws {
    var marked = try cache()
    marked.cache.beginProvisionalPatch()
    try marked.appendPatches(height: 3, width: 4)
    #expect(marked.cache.withdrawProvisionalPatch())
    try marked.appendPatches(height: 2, width: 2)
    #expect(marked.cache.visionCount == 4)
  }

  @Test("leaves parked text as it is")
  func parkedText() throws {
    var marked = try cache()
    try marked.appendPatches(height: 3, width: 4)
    try marked.append(7, to: .text)
    marked.parkText()
    let before = contents(marked.cache)
    marked.cache.beginProvisionalPatch()
    try marked.appendPatches(height: 3, width: 4)
    #expect(marked.cache.withdrawProvisionalPatch())
    #expect(contents(marked.cache) == before)
    marked.reattachText()
    #expect(marked.cache.textCount == 7)
  }

  @Test("stays once a compression has chosen among its tokens, and is taken back once only")
  func compressed() throws {
    var marked = try cache(budget: 60)
    for _ in 0..<3 { try marked.appendPatches(height: 3, width: 4) }
    marked.cache.beginProvisionalPatch()
    try marked.appendPatches(height: 3, width: 4)
    _ = try marked.cache.ensureCapacity(for: 20)
    #expect(marked.cache.compressionCount == 1)
    let before = contents(marked.cache)
    #expect(!marked.cache.withdrawProvisionalPatch())
    #expect(contents(marked.cache) == before)
    marked.cache.beginProvisionalPatch()
    try marked.appendPatches(height: 3, width: 4)
    #expect(marked.cache.withdrawProvisionalPatch())
    #expect(!marked.cache.withdrawProvisionalPatch())
    #expect(contents(marked.cache) == before)
  }

  @Test("is taken back in a copy as in the original")
  func copy() throws {
    var marked = try cache()
    try marked.appendPatches(height: 3, width: 4)
    let before = contents(marked.cache)
    marked.cache.beginProvisionalPatch()
    try marked.appendPatches(height: 3, width: 4)
    let copy = try marked.cache.copy()
    #expect(copy.withdrawProvisionalPatch() && contents(copy) == before)
    #expect(contents(marked.cache) != before)
  }
}
