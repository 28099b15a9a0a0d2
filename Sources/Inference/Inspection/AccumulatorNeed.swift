// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile

/// The least accumulators of the products with some of a file's matrices: those of one type and one number of inputs.
public struct AccumulatorNeed: Sendable, Equatable {
  /// How the weights are stored.
  public let type: TensorType
  /// Products that are summed for an output.
  public let inputs: Int
  /// Matrices of this type and this number of inputs.
  public let matrices: Int
  /// Bits, with the sign, that hold the integer sum of a whole row with activations of 8 bits; nil for floats.
  public let integerBits: Int?
  /// The most products whose integer sum fits 16 bits; nil for floats.
  public let chunkIn16Bits: Int?
  /// The least bits of the mantissa of a floating-point accumulator that sums one product after the other.
  public let mantissa: Int
  /// The same where chunks of `chunk` products are summed first.
  public let mantissaInChunks: Int

  /// Products of a chunk of a floating-point sum.
  public static let chunk = 64

  /// The needs of a file's matrices, by type and inputs, in the order of the types' first matrices.
  static func needs(of tensors: [TensorDescription]) -> [AccumulatorNeed] {
    struct Key: Hashable { var type: TensorType, inputs: Int }
    var counts: [Key: Int] = [:]
    var order: [Key] = []
    for tensor in tensors where tensor.type.isSupported && tensor.dimensions.dropFirst().contains(where: { $0 > 1 }) {
      let key = Key(type: tensor.type, inputs: tensor.dimensions[0])
      if counts.updateValue((counts[key] ?? 0) + 1, forKey: key) == nil { order.append(key) }
    }
    return order.map { AccumulatorNeed(type: $0.type, inputs: $0.inputs, matrices: counts[$0] ?? 0) }
  }

  private init(type: TensorType, inputs: Int, matrices: Int) {
    self.type = type
    self.inputs = inputs
    self.matrices = matrices
    let largest = Accumulation.largestWeight(of: type)
    integerBits = largest.map { Accumulation.integerBits(products: inputs, largest: $0) }
    chunkIn16Bits = largest.map(Accumulation.productsIn16Bits)
    // A product of integers has the bits of the largest one, less the leading one; one of floats those of a float.
    let product = largest.map { Accumulation.integerBits(products: 1, largest: $0) - 2 } ?? Float.significandBitCount
    mantissa = Accumulation.leastMantissa(products: inputs, productMantissa: product)
    mantissaInChunks = Accumulation.leastMantissa(products: inputs, productMantissa: product, chunk: Self.chunk)
  }
}

extension FileInspection {
  /// The least accumulators of the products with the file's matrices.
  public var accumulators: [AccumulatorNeed] { AccumulatorNeed.needs(of: tensors) }
}
