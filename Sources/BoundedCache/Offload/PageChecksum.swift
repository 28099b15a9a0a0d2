// SPDX-License-Identifier: Apache-2.0

/// A 64-bit checksum of whole 64-bit words, to notice damage.
///
/// Each step is a bijection of the word and of the state, so that a change within one word is always noticed; other
/// changes go unnoticed once in 2⁶⁴.
enum PageChecksum {
  /// - Parameter seed: the checksum of the same bytes with another seed differs.
  static func of(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
    precondition(bytes.count % 8 == 0, "whole words")
    var lanes: (UInt64, UInt64, UInt64, UInt64) = (seed, seed ^ 0x5851_F42D, seed ^ 0x4C95_7F2D, seed ^ 0x1405_7B7E)
    var offset = 0
    while offset + 32 <= bytes.count {
      lanes.0 = step(lanes.0, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      lanes.1 = step(lanes.1, bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
      lanes.2 = step(lanes.2, bytes.loadUnaligned(fromByteOffset: offset + 16, as: UInt64.self))
      lanes.3 = step(lanes.3, bytes.loadUnaligned(fromByteOffset: offset + 24, as: UInt64.self))
      offset += 32
    }
    while offset < bytes.count {
      lanes.0 = step(lanes.0, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset += 8
    }
    var sum = mixed(UInt64(bytes.count) ^ lanes.0)
    sum = mixed(sum ^ lanes.1)
    sum = mixed(sum ^ lanes.2)
    return mixed(sum ^ lanes.3)
  }

  @inline(__always)
  private static func step(_ state: UInt64, _ word: UInt64) -> UInt64 {
    let product = (state ^ word) &* 0x9E37_79B9_7F4A_7C15
    return product << 31 | product >> 33
  }

  /// Spreads every bit over the whole word.
  static func mixed(_ word: UInt64) -> UInt64 {
    var word = (word ^ word >> 32) &* 0xD6E8_FEB8_6659_FD93
    word = (word ^ word >> 32) &* 0xD6E8_FEB8_6659_FD93
    return word ^ word >> 32
  }
}
