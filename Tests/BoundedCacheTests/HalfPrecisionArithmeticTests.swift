// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Testing

@Suite("16-bit floats are widened exactly")
struct HalfPrecisionArithmeticTests {
  @Test("Every finite 16-bit float widens to itself, alone and in lanes")
  func widening() {
    for bits in UInt16.min ... .max {
      let half = Float16(bitPattern: bits)
      let lanes = HalfPrecisionArithmetic.widen(SIMD8<UInt16>(repeating: bits))
      let alone = HalfPrecisionArithmetic.widen(bits)
      if half.isFinite {
        #expect(alone.bitPattern == Float(half).bitPattern)
      } else {
        #expect(alone.isFinite && alone.magnitude >= 65536)
      }
      #expect(lanes == SIMD8(repeating: alone))
    }
  }
}
