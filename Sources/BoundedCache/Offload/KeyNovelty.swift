// SPDX-License-Identifier: Apache-2.0

/// How much an evicted key differs from the one that the same head evicted before it at the same patch.
///
/// The comparison is that of TaR (`TemporalRedundancy`), from one evicted token to the next: a scene that stays as it
/// is has next to none of it. Keys are compared without their rotation by the temporal position. The squared distance
/// counts, not the cosine, because what all keys of a head have in common, such as a bias, cancels in it.
///
/// It takes the keys of one temporal patch in memory.
struct KeyNovelty {
  private let dimension: Int
  private var rotator: RoPERotator
  /// For each head, the newest evicted key of each patch without its rotation, 16-bit floats `[patches][dimension]`;
  /// zero where none has come.
  private var newest: [[UInt16]]
  private var key: [UInt16]

  /// The error of a key in 16 bits, as a share of its squared length: no two keys are known to be closer. With it, no
  /// novelty of a key is 0 but that of a zero key.
  private static let leastShare: Float = 0x1p-20
  /// The novelty of a zero key.
  private static let least: Float = 1e-30

  init(heads: Int, dimension: Int, rotator: RoPERotator) {
    self.dimension = dimension
    self.rotator = rotator
    newest = Array(repeating: [], count: heads)
    key = Array(repeating: 0, count: dimension)
  }

  /// The squared distance of a key from the one before it, finite and greater than 0; of the first key of a patch, its
  /// squared length.
  ///
  /// - Parameters:
  ///   - keys: 16-bit floats `[n][dimension]`, of which row `row` is the key.
  ///   - position: the temporal position that the key is rotated to.
  mutating func measure(_ keys: Span<UInt16>, row: Int, position: Int32, patch: Int32, head: Int) -> Float {
    let dimension = dimension
    for index in 0..<dimension { key[index] = keys[row * dimension + index] }
    let first = max(Int(patch), 0) * dimension
    if newest[head].count < first + dimension {
      newest[head].append(contentsOf: repeatElement(0, count: first + dimension - newest[head].count))
    }
    return key.withUnsafeMutableBufferPointer { key in
      newest[head].withUnsafeMutableBufferPointer { newest in
        guard let key = key.baseAddress, let newest = newest.baseAddress else { return KeyNovelty.least }
        rotator.rotate(key, by: 0 &- position)
        let (distance, length) = HalfPrecisionArithmetic.squaredDistanceAndNorm(key, newest + first, count: dimension)
        (newest + first).update(from: key, count: dimension)
        return max(distance, length * KeyNovelty.leastShare, KeyNovelty.least)
      }
    }
  }

  /// Forgets all keys, for another stream.
  mutating func removeAll() {
    for head in newest.indices { newest[head].removeAll(keepingCapacity: true) }
  }
}
