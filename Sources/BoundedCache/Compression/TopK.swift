// SPDX-License-Identifier: Apache-2.0

/// Selects the highest of many scores in linear time; of equal scores, the earlier.
package struct TopK {
  private var counts: [Int] = Array(repeating: 0, count: 256)

  /// One ranking serves any number of selections, one after the other.
  package init() {}

  /// Marks the `count` highest scores among the first `candidates` that are not marked yet; all of them where there are
  /// fewer.
  ///
  /// - Precondition: the scores are finite.
  package mutating func mark(_ count: Int, highest scores: [Float], among candidates: Int, in isMarked: inout [Bool]) {
    guard count > 0 else { return }
    // The lowest score to be marked, found byte by byte from the top: `prefix` are the bytes known so far, `wanted` the
    // number still to be marked among scores with that prefix.
    var prefix: UInt32 = 0
    var known: UInt32 = 0
    var wanted = count
    for shift: UInt32 in [24, 16, 8, 0] {
      for byte in 0..<256 { counts[byte] = 0 }
      for index in 0..<candidates where !isMarked[index] {
        let rank = TopK.rank(scores[index])
        if rank & known == prefix { counts[Int(rank >> shift & 0xFF)] += 1 }
      }
      var byte = 255
      while byte > 0, counts[byte] < wanted {
        wanted -= counts[byte]
        byte -= 1
      }
      prefix |= UInt32(byte) << shift
      known |= 0xFF << shift
    }
    for index in 0..<candidates where !isMarked[index] {
      let rank = TopK.rank(scores[index])
      if rank > prefix {
        isMarked[index] = true
      } else if rank == prefix, wanted > 0 {
        isMarked[index] = true
        wanted -= 1
      }
    }
  }

  /// An unsigned integer that orders like the score.
  @inline(__always)
  private static func rank(_ score: Float) -> UInt32 {
    let bits = (score + 0).bitPattern  // −0 counts as 0
    return bits & 0x8000_0000 == 0 ? bits | 0x8000_0000 : ~bits
  }
}
