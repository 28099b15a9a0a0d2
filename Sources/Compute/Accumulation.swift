// SPDX-License-Identifier: Apache-2.0

import CKernels
import Foundation
import ModelFile

/// How many bits a sum of products needs.
///
/// Sums of integers have an exact bound. For floating-point sums the formula is that of accumulation bit-width scaling
/// (arXiv 1901.06588): the variance of a sum of `n` zero-mean products that an accumulator with too few bits retains.
public enum Accumulation {
  /// The largest activation of 8 bits.
  public static let largestActivation = 127

  /// Bits, with the sign, that hold every sum of products of integers.
  ///
  /// - Parameters:
  ///   - products: how many are summed.
  ///   - largest: the largest weight, as the kernels multiply it.
  public static func integerBits(products: Int, largest: Int) -> Int {
    let (sum, overflows) = products.multipliedReportingOverflow(by: largest * largestActivation)
    return overflows ? Int.bitWidth + 1 : Int.bitWidth - sum.leadingZeroBitCount + 1
  }

  /// The most products whose sum fits 16 bits whatever their signs: the length of a chunk that AVX2 sums in 16 bits.
  public static func productsIn16Bits(largest: Int) -> Int { Int(ck_products_in_16_bits(Int32(largest))) }

  /// The largest weight of a type as the kernels multiply it; nil for types whose products are floats.
  public static func largestWeight(of type: TensorType) -> Int? {
    guard type.isQuantized, let kernelType = type.kernelType else { return nil }
    return Int(ck_largest_quant(kernelType))
  }

  /// The variance of a sum that an accumulator retains, divided by the sum's true variance.
  ///
  /// - Parameters:
  ///   - mantissa: bits of the accumulator's mantissa.
  ///   - productMantissa: bits of the products' mantissa.
  ///   - products: how many are summed, one after the other.
  static func retainedVariance(mantissa: Int, productMantissa: Int, products: Int) -> Double {
    let n = Double(products)
    /// What is lost of `n` by the first `bits` bits that swamping takes from a product.
    func loss(_ bits: Int) -> Double {
      guard bits > 0 else { return 0 }
      let terms = (1...bits).map { exp2(Double($0)) * (exp2(Double($0)) - 1) * (exp2(Double($0 + 1)) - 1) }
      return exp2(Double(mantissa - 3 * productMantissa)) / 3 * terms.reduce(0, +)
    }
    func within(_ x: Double) -> Double { 1 - erfc(x / 2.0.squareRoot()) }
    var weighted = 0.0
    var weights = 0.0
    let all = loss(productMantissa)
    for i in stride(from: 2, to: products, by: 1) where Double(i) > all {
      let swamped = 1 - within(exp2(Double(mantissa)) / Double(i).squareRoot())
      let weight = swamped * within(exp2(Double(mantissa)) / Double(i - 1).squareRoot())
      weighted += (Double(i) - all) * weight
      weights += weight
    }
    for bits in stride(from: 2, through: productMantissa, by: 1) where n > loss(bits - 1) {
      let reach = exp2(Double(mantissa - productMantissa + bits))
      let weight = reach * (1 - within(reach / 2 / n.squareRoot())) * within(reach / n.squareRoot())
      weighted += (n - loss(bits - 1)) * weight
      weights += weight
    }
    let whole = within(exp2(Double(mantissa - productMantissa + 1)) / n.squareRoot())
    return (weighted + n * whole) / ((weights + whole) * n)
  }

  /// The least bits of a mantissa with which a floating-point sum is safe: e^(n (1 − retained variance)) < 50.
  ///
  /// - Parameters:
  ///   - products: how many are summed, at least 1.
  ///   - productMantissa: bits of the products' mantissa.
  ///   - chunk: products whose sums are summed in turn; nil to sum one after the other.
  /// - Returns: bits without the leading one, which is not stored.
  public static func leastMantissa(products: Int, productMantissa: Int, chunk: Int? = nil) -> Int {
    for mantissa in 1..<52 {
      var retained: Double
      if let chunk, chunk < products {
        let inner = min(mantissa, productMantissa + Int(log2(Double(chunk))))
        retained = retainedVariance(mantissa: mantissa, productMantissa: productMantissa, products: chunk)
        retained *= retainedVariance(
          mantissa: mantissa, productMantissa: inner, products: (products + chunk - 1) / chunk)
      } else {
        retained = retainedVariance(mantissa: mantissa, productMantissa: productMantissa, products: products)
      }
      if Double(products) * (1 - retained) < log(50) { return mantissa }
    }
    return 52
  }
}
