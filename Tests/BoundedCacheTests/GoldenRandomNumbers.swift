// SPDX-License-Identifier: Apache-2.0

import TestSupport

/// The random numbers of `make_infinipot_v_goldens.py`, drawn from the same generator.
extension SplitMix64 {
  /// −512 … 511.
  mutating func signed() -> Int { Int(next() >> 54) - 512 }

  /// 0 ..< bound, by the highest four bits.
  mutating func shift(below bound: Int) -> Int { Int(next() >> 60) % bound }
}
