// SPDX-License-Identifier: Apache-2.0

/// The generator that `make_goldens.py` uses, number by number, and the source of chance in the other tests.
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// −512 … 511.
  mutating func signed() -> Int { Int(next() >> 54) - 512 }

  /// 0 ..< bound, by the highest four bits.
  mutating func shift(below bound: Int) -> Int { Int(next() >> 60) % bound }
}
