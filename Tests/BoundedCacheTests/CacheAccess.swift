// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Compute
import TestSupport

/// A cache whose every token can be told from every other: the test's own record of what should be where.
///
/// The first number of a key is the token's ordinal, as the bits of a small 16-bit float; everything else follows from
/// ordinal, layer, head and place in the row.
struct MarkedCache {
  let cache: KeyValueCache
  private(set) var system: [Int] = []
  private(set) var tail: [Int] = []
  private(set) var aside: [Int] = []
  private var next = 0

  /// Ordinals stay below the bit patterns of infinity.
  static let mostTokens = 0x7C00

  init(
    layers: Int = 4, heads: Int = 2, dimension: Int = 8, budget: Int, policy: RetentionPolicy,
    headBudgets: HeadBudgets? = nil, offload: OffloadFile? = nil
  ) throws {
    cache = try KeyValueCache(
      shape: CacheShape(layers: layers, keyValueHeads: heads, headDimension: dimension), budget: budget,
      policy: policy, heads: headBudgets, offload: offload)
  }

  /// Appends without making room first.
  mutating func append(_ n: Int, to segment: CacheSegment, grid: GridTHW? = nil) throws {
    try cache.append(n, to: segment, grid: grid)
    let ordinals = Array(next..<(next + n))
    next += n
    for (slot, ordinal) in ordinals.enumerated() {
      for layer in 0..<cache.shape.layers {
        for head in 0..<cache.shape.keyValueHeads {
          let (key, value) = content(ordinal, layer: layer, head: head)
          cache.write(key, value, layer: layer, head: head, remaining: n - slot)
        }
      }
    }
    if segment == .system { system += ordinals }
    if segment == .text { tail += ordinals }
  }

  /// Appends frames, with a pass before them if they need one.
  mutating func see(frames: Int = 1, height: Int, width: Int) throws {
    let grid = GridTHW(temporalPatches: frames, height: height, width: width)
    try cache.ensureCapacity(for: grid.tokenCount, in: .vision)
    try append(grid.tokenCount, to: .vision, grid: grid)
  }

  mutating func truncateText(to n: Int) {
    cache.truncateText(to: n)
    tail = Array(tail.prefix(max(n, 0)))
  }

  mutating func parkText() {
    cache.parkText()
    (aside, tail) = (tail, [])
  }

  /// Without rotation, so that every number stays what it was.
  mutating func reattachText() {
    cache.reattachText(movedBy: 3, rotation: RoPEFrequencies(frequencies: []))
    (tail, aside) = (aside, [])
  }

  mutating func discardParked() {
    cache.discardParked()
    aside = []
  }

  mutating func removeFromText(_ removed: Range<Int>) {
    cache.removeFromText(removed, rotation: RoPEFrequencies(frequencies: []))
    tail.removeSubrange(removed)
  }

  mutating func removeAll() {
    cache.removeAll()
    system = []
    tail = []
    aside = []
  }

  /// The ordinals of what one head holds, in memory order; nil if any number of any token is not what was written.
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

/// How far rows of 16-bit floats are from what they should be, as a share of its size.
func relativeError(_ found: some Sequence<[UInt16]>, _ wanted: [[Float]]) -> Float {
  var (difference, size) = (Float(0), Float(0))
  for (found, wanted) in zip(found.joined(), wanted.joined()) {
    let number = Float(Float16(bitPattern: found))
    difference += (number - wanted) * (number - wanted)
    size += wanted * wanted
  }
  return (difference / size).squareRoot()
}
