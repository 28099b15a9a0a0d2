// SPDX-License-Identifier: Apache-2.0

import Compute
import Foundation
import TestSupport
import Testing

/// Activations in 4 bits.
@Suite struct ActivationCastTests {
  /// Normally distributed, by the sum of twelve uniform values.
  private static func normal(_ count: Int) -> [Float] {
    var random = SplitMix64(seed: 3)
    return (0..<count).map { _ in
      Float((0..<12).reduce(0.0) { sum, _ in sum + Double(random.next() >> 11) / 0x1p53 } - 6)
    }
  }

  private static func error(_ cast: ActivationCast, _ values: [Float]) -> Float {
    let error = zip(cast.cast(values), values).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return error / values.reduce(0) { $0 + $1 * $1 }
  }

  @Test("a block's positive and negative values have scales of their own in AMXFP4, and share one in MXFP4")
  func scales() {
    let values: [Float] = [6, 3, -0.5] + Array(repeating: 0, count: 29)
    #expect(Array(ActivationCast.amxfp4.cast(values)[..<3]) == [6, 3, -0.46875])
    #expect(Array(ActivationCast.mxfp4.cast(values)[..<3]) == [6, 3, -0.5])
    let small: [Float] = [6, 3, -0.125] + Array(repeating: 0, count: 29)
    #expect(ActivationCast.amxfp4.cast(small)[2] == -0.1171875)
    #expect(ActivationCast.mxfp4.cast(small)[2] == 0)
  }

  @Test("AMXFP4 loses less than MXFP4, and gains most where values are one-sided: after SiLU")
  func errorOrder() {
    let normal = Self.normal(1 << 16)
    let silu = normal.map { $0 / (1 + exp(-$0)) }
    // Relative squared errors: 0.0133 and 0.0096 of normal values, 0.0164 and 0.0095 after SiLU.
    let gains = [normal, silu].map { Self.error(.amxfp4, $0) / Self.error(.mxfp4, $0) }
    #expect(gains[0] < 0.8 && gains[1] < 0.65 && gains[1] < gains[0])
    #expect((0.008...0.011).contains(Self.error(.amxfp4, silu)))
  }

  @Test(
    "a product of cast inputs is that of their 4-bit values to the rounding of 8 bits",
    arguments: ActivationCast.allCases)
  func product(cast: ActivationCast) throws {
    let (rows, columns) = (48, 512)
    let matrix = try sampleMatrix(rows: rows, columns: columns, type: .q8_0, seed: 4)
    let values = Array(Self.normal(columns))
    let outputs = try [(values, ActivationCast?.some(cast)), (cast.cast(values), nil), (values, nil)].map {
      input, cast in
      let engine = try Engine(
        threads: ThreadPool(threads: 1), maximumRows: 1, maximumColumns: columns, maximumHeads: 1)
      engine.activationCast = cast
      var output = Array(repeating: Float(0), count: rows)
      engine.multiply(try FloatBuffer(input).rows(width: columns), count: 1, matrix, to: &output)
      return output
    }
    #expect(outputs[0] == outputs[1])
    #expect(outputs[0] != outputs[2])
  }
}
