// SPDX-License-Identifier: Apache-2.0

/// Finds a token by its bytes: a hash table with linear probing that refers to the vocabulary's bytes.
///
/// Strings would not do as keys, since Swift holds canonically equivalent strings equal, and tokens are bytes.
struct TokenIndex: Sendable {
  private let vocabulary: Vocabulary
  /// A token in each occupied slot, -1 in the free ones; at most half are occupied.
  private var slots: [Int32]
  private let mask: Int

  /// Where two tokens have the same bytes, one that is merged goes before a special one, and then the first.
  init(_ vocabulary: Vocabulary) {
    self.vocabulary = vocabulary
    mask = powerOfTwo(atLeast: vocabulary.count * 2) - 1
    slots = [Int32](repeating: -1, count: mask + 1)
    for token in 0..<vocabulary.count where !vocabulary.kinds[token].isSpecial { insert(token) }
    for token in 0..<vocabulary.count where vocabulary.kinds[token].isSpecial { insert(token) }
  }

  func token(_ bytes: ArraySlice<UInt8>) -> Int32? {
    let token = slots[slot(of: bytes)]
    return token >= 0 ? token : nil
  }

  private mutating func insert(_ token: Int) {
    let bytes = vocabulary.bytes(of: token)
    let slot = slot(of: bytes)
    if !bytes.isEmpty, slots[slot] < 0 { slots[slot] = Int32(truncatingIfNeeded: token) }
  }

  /// The slot that holds the token with these bytes, or the free one where it would go.
  private func slot(of bytes: ArraySlice<UInt8>) -> Int {
    var slot = hash(bytes) & mask
    while slots[slot] >= 0, !vocabulary.bytes(of: Int(slots[slot])).elementsEqual(bytes) {
      slot = (slot + 1) & mask
    }
    return slot
  }

  /// FNV-1a, its upper half folded onto the lower.
  private func hash(_ bytes: ArraySlice<UInt8>) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return Int(truncatingIfNeeded: hash ^ (hash >> 32))
  }
}

func powerOfTwo(atLeast count: Int) -> Int {
  var power = 16
  while power < count { power *= 2 }
  return power
}
