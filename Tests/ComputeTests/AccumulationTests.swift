// SPDX-License-Identifier: Apache-2.0

import Compute
import Foundation
import ModelFile
import Testing

@Suite("Bits of a sum of products")
struct AccumulationTests {
  private static let quantized = ComputeError.supportedTypes.filter(\.isQuantized)

  @Test("16 bits hold the largest sum of a chunk, and not that of one product more", arguments: quantized)
  func chunk(type: TensorType) throws {
    let largest = try #require(Accumulation.largestWeight(of: type))
    let chunk = Accumulation.productsIn16Bits(largest: largest)
    /// Whether adding the largest products one by one ever leaves 16 bits, with either sign.
    func overflows(_ products: Int) -> Bool {
      [Int16(1), -1].contains { sign in
        var sum = Int16(0)
        for _ in 0..<products {
          let (next, isOver) = sum.addingReportingOverflow(sign * Int16(largest * Accumulation.largestActivation))
          if isOver { return true }
          sum = next
        }
        return false
      }
    }
    #expect(!overflows(chunk) && overflows(chunk + 1), "\(chunk) products of \(largest)")
  }

  @Test("integers need the bits of their largest sum and a sign")
  func integers() {
    // 36 products of 7 and 127 are 32,004 (seven is the largest of four bits with a sign).
    #expect(Accumulation.productsIn16Bits(largest: 7) == 36)
    #expect(Accumulation.integerBits(products: 36, largest: 7) == 16)
    #expect(Accumulation.integerBits(products: 37, largest: 7) == 17)
    #expect(Accumulation.integerBits(products: .max, largest: 128) == 65)
  }

  @Test(
    "the mantissa that the formula asks for is never below what a simulation needs", arguments: [3, 4, 5, 7],
    [64, 256, 1024, 4096])
  func simulation(productMantissa: Int, products: Int) {
    let least = (1...12).first { simulatedVariance($0, productMantissa, products) >= 0.99 } ?? 13
    #expect(Accumulation.leastMantissa(products: products, productMantissa: productMantissa) >= least)
  }

  @Test("the formula grows with the length of the sum, and chunks need less")
  func growth() {
    let lengths = [256, 1024, 4096, 16384]
    #expect(lengths.map { Accumulation.leastMantissa(products: $0, productMantissa: 5) } == [6, 7, 9, 10])
    #expect(
      lengths.map { Accumulation.leastMantissa(products: $0, productMantissa: 5, chunk: 64) } == [5, 6, 8, 9])
  }

  /// The variance of sums in an accumulator of few bits by that of exact sums, over 400 sums of products of normal
  /// numbers.
  private func simulatedVariance(_ mantissa: Int, _ productMantissa: Int, _ products: Int) -> Double {
    var generator = Samples(seed: 32)
    func rounded(_ value: Double, _ bits: Int) -> Double {
      guard value != 0 else { return 0 }
      let unit = exp2(Double(value.exponent) - Double(bits))
      return (value / unit).rounded() * unit
    }
    func normal() -> Double { (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0...1, using: &generator) } }
    var exact = 0.0
    var short = 0.0
    for _ in 0..<400 {
      var sums = (0.0, 0.0)
      for _ in 0..<products {
        let product = rounded(normal() * normal(), productMantissa)
        sums.0 += product
        sums.1 = rounded(sums.1 + product, mantissa)
      }
      exact += sums.0 * sums.0
      short += sums.1 * sums.1
    }
    return short / exact
  }
}
