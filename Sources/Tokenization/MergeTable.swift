// SPDX-License-Identifier: Apache-2.0

import ModelFile

/// The merges: which two neighbouring tokens become which third, and which merge goes first.
struct MergeTable: Sendable {
  struct Merge {
    /// The lower, the earlier.
    var rank: UInt32
    var token: Int32
  }

  /// Left token in the upper half, right token in the lower; `free` in unoccupied slots.
  private var keys: [UInt64]
  /// Rank in the upper half, resulting token in the lower.
  private var merges: [UInt64]
  private let shift: UInt64
  private static let free = UInt64.max

  /// Reads `tokenizer.ggml.merges`, each two vocabulary entries with a space between.
  init(metadata: GGUFMetadata, index: TokenIndex) throws(TokenizerError) {
    let array = try metadata.stringArray("tokenizer.ggml.merges")
    let capacity = powerOfTwo(atLeast: array.count * 2)
    keys = [UInt64](repeating: Self.free, count: capacity)
    merges = [UInt64](repeating: 0, count: capacity)
    shift = UInt64(64 - capacity.trailingZeroBitCount)

    var bytes: [UInt8] = []
    _ = try array.forEachString { (rank, utf8) throws(TokenizerError) in
      guard let space = Self.separator(utf8) else { throw Self.invalid(metadata, rank, utf8) }
      bytes.removeAll(keepingCapacity: true)
      ByteLevelAlphabet.appendBytes(spelling: utf8.extracting(..<space), to: &bytes)
      let middle = bytes.count
      ByteLevelAlphabet.appendBytes(spelling: utf8.extracting((space + 1)...), to: &bytes)
      guard
        let left = index.token(bytes[..<middle]), let right = index.token(bytes[middle...]),
        let token = index.token(bytes[...])
      else { throw Self.invalid(metadata, rank, utf8) }
      insert(left, right, Merge(rank: UInt32(truncatingIfNeeded: rank), token: token))
    }
  }

  subscript(left: Int32, right: Int32) -> Merge? {
    let slot = slot(of: Self.key(left, right))
    guard keys[slot] != Self.free else { return nil }
    return Merge(
      rank: UInt32(truncatingIfNeeded: merges[slot] >> 32), token: Int32(truncatingIfNeeded: merges[slot]))
  }

  /// Of a pair given twice the later rank counts, as in the reference.
  private mutating func insert(_ left: Int32, _ right: Int32, _ merge: Merge) {
    let key = Self.key(left, right)
    let slot = slot(of: key)
    keys[slot] = key
    merges[slot] = UInt64(merge.rank) << 32 | UInt64(UInt32(bitPattern: merge.token))
  }

  private func slot(of key: UInt64) -> Int {
    let mask = keys.count - 1
    // Fibonacci hashing: the upper bits of a product with 2^64 over the golden ratio.
    var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> shift)
    while keys[slot] != key, keys[slot] != Self.free { slot = (slot + 1) & mask }
    return slot
  }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// The space between the two parts; a part has at least one character, which may itself be a space.
  private static func separator(_ utf8: Span<UInt8>) -> Int? {
    var index = 1
    while index + 1 < utf8.count {
      if utf8[index] == UInt8(ascii: " ") { return index }
      index += 1
    }
    return nil
  }

  private static func invalid(_ metadata: GGUFMetadata, _ rank: Int, _ utf8: Span<UInt8>) -> TokenizerError {
    var bytes: [UInt8] = []
    ByteLevelAlphabet.appendLiteral(utf8, to: &bytes)
    return .invalidMerge(path: metadata.path, index: rank, merge: String(decoding: bytes.prefix(64), as: UTF8.self))
  }
}
