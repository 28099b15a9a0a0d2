// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Compute
import TestSupport

/// A cache in which every token can be told from every other, and the test's own record of what should be in which
/// slot.
///
/// The first value of a key is the token's ordinal, as the bits of a small 16-bit float; all others follow from
/// ordinal, layer, head and channel.
struct MarkedCache {
  let cache: KeyValueCache
  private(set) var system: [Int] = []
  private(set) var text: [Int] = []
  private(set) var parked: [Int] = []
  private var next = 0

  /// Ordinals stay below the bit patterns of infinity.
  static let mostTokens = 0x7C00

  init(
    layers: Int = 4, heads: Int = 2, dimension: Int = 8, budget: Int, policy: RetentionPolicy,
    headBudgets: HeadBudgets? = nil, offload: OffloadFile? = nil
  ) throws {
    cache = try KeyValueCache(
      shape: CacheShape(layers: layers, keyValueHeads: heads, headDimension: dimension),
      options: KVCacheOptions(budget: budget, policy: policy, heads: headBudgets, offload: offload))
  }

  /// Appends without ensuring capacity first.
  mutating func append(_ n: Int, to segment: CacheSegment, grid: GridTHW? = nil, places: [Int32]? = nil) throws {
    try cache.append(n, to: segment, grid: grid, places: places)
    let ordinals = Array(next..<(next + n))
    next += n
    for (slot, ordinal) in ordinals.enumerated() {
      for layer in 0..<cache.shape.layers {
        for head in 0..<cache.shape.keyValueHeads {
          let (key, value) = content(ordinal, layer: layer, head: head)
          cache.write(key, value, layer: layer, head: head, tokensFromEnd: n - slot)
        }
      }
    }
    if segment == .system { system += ordinals }
    if segment == .text { text += ordinals }
  }

  /// Appends temporal patches, with a compression before them if they need one.
  mutating func appendPatches(_ count: Int = 1, height: Int, width: Int) throws {
    let grid = GridTHW(temporalPatches: count, height: height, width: width)
    try cache.ensureCapacity(for: grid.tokenCount, in: .vision)
    try append(grid.tokenCount, to: .vision, grid: grid)
  }

  /// Appends a temporal patch of changed places, or a whole one where it cannot be sparse.
  ///
  /// - Returns: the ordinals of the appended tokens, by place.
  mutating func appendChanges(_ places: [Int32], height: Int, width: Int) throws -> [Int32: Int] {
    let grid = GridTHW(temporalPatches: 1, height: height, width: width)
    try cache.ensureCapacity(for: places.count, in: .vision)
    let isSparse = cache.canAppendSparsely(grid)
    if !isSparse { try cache.ensureCapacity(for: grid.tokenCount, in: .vision) }
    let appended = isSparse ? places : Array(0..<Int32(grid.tokenCount))
    let first = next
    try append(appended.count, to: .vision, grid: grid, places: isSparse ? places : nil)
    return Dictionary(uniqueKeysWithValues: zip(appended, first...))
  }

  mutating func truncateText(to n: Int) {
    cache.truncateText(to: n)
    text = Array(text.prefix(max(n, 0)))
  }

  mutating func parkText() {
    cache.parkText()
    (parked, text) = (text, [])
  }

  /// Without rotation, so that every value stays what it was.
  mutating func reattachText() {
    cache.reattachText(movedBy: 3, rotation: RoPEFrequencies(frequencies: []))
    (text, parked) = (parked, [])
  }

  mutating func discardParked() {
    cache.discardParked()
    parked = []
  }

  mutating func removeFromText(_ removed: Range<Int>) {
    cache.removeFromText(removed, rotation: RoPEFrequencies(frequencies: []))
    text.removeSubrange(removed)
  }

  mutating func removeAll() {
    cache.removeAll()
    system = []
    text = []
    parked = []
  }

  /// The ordinals of one head's tokens, slot by slot; nil if any value of any token is not what was written.
  func ordinals(layer: Int = 0, head: Int = 0) -> [Int]? {
    let keys = cache.keyRows(layer: layer, head: head)
    let values = cache.valueRows(layer: layer, head: head)
    let ordinals = keys.map { Int($0[0]) }
    for (slot, ordinal) in ordinals.enumerated() {
      guard content(ordinal, layer: layer, head: head) == (keys[slot], values[slot]) else { return nil }
    }
    return ordinals
  }

  func visionOrdinals(layer: Int = 0, head: Int = 0) -> [Int]? {
    ordinals(layer: layer, head: head).map { Array($0.dropFirst(cache.systemCount).dropLast(cache.textCount)) }
  }

  private func content(_ ordinal: Int, layer: Int, head: Int) -> (key: [UInt16], value: [UInt16]) {
    var random = SplitMix64(seed: UInt64(ordinal * 1000 + layer * 10 + head))
    func half() -> UInt16 { Float16(Float(random.signed()) / 128).bitPattern }
    let key = [UInt16(ordinal)] + (1..<cache.shape.headDimension).map { _ in half() }
    return (key, (0..<cache.shape.headDimension).map { _ in half() })
  }
}

/// The distance of rows of 16-bit floats from the expected ones, as a share of their length.
func relativeError(_ found: some Sequence<[UInt16]>, _ expected: [[Float]]) -> Float {
  var (difference, size) = (Float(0), Float(0))
  for (found, expected) in zip(found.joined(), expected.joined()) {
    let value = Float(Float16(bitPattern: found))
    difference += (value - expected) * (value - expected)
    size += expected * expected
  }
  return (difference / size).squareRoot()
}
