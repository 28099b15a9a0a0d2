// SPDX-License-Identifier: Apache-2.0

import CKernels
import ModelFile

/// How the inputs of a product are multiplied.
public enum ActivationPrecision: Sendable, Hashable {
  /// Quantized to 8 bits, with a scale for each block of 32.
  case int8
  /// As they are, in 32-bit floating point.
  case float32

  /// Bits of an input.
  public var bits: Int { self == .int8 ? 8 : 32 }

  /// The inputs of the kernels' products with weights of a type, which may be a type of panels.
  init(multiplying type: ck_type) {
    self = [CK_F32, CK_F16, CK_BF16].contains(type) ? .float32 : .int8
  }
}

/// How precisely a product with a matrix is computed: bits of the weights and of the activations, such as W4A8.
///
/// What the engine multiplies with is decided here. Reports about a file ask the same.
public struct ProductPrecision: Sendable, Hashable {
  /// Bits of a weight, without its share of the scales.
  public let weightBits: Int
  /// How the inputs are multiplied.
  public let activations: ActivationPrecision

  /// The usual name, such as `W4A8`.
  public var name: String { "W\(weightBits)A\(activations.bits)" }

  /// The precision of products with a matrix of a file; nil for types that are not computed with.
  ///
  /// - Parameters:
  ///   - columns: length of a row.
  ///   - layout: how the weights lie in memory.
  public init?(type: TensorType, columns: Int, layout: WeightLayout = .repacked) {
    guard let stored = type.kernelType else { return nil }
    let panels = layout.panelType(of: type, columns: columns)
    activations = ActivationPrecision(multiplying: panels ?? stored)
    // Floats are repacked to 8 bits; quantized weights keep their bits.
    weightBits = panels != nil && !type.isQuantized ? 8 : type.bitsPerWeight
  }
}
