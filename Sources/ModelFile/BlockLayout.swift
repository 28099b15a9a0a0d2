// SPDX-License-Identifier: Apache-2.0

extension TensorType {
  /// The meaning of a stored bit.
  public enum BitMeaning: String, Sendable, CaseIterable {
    /// Part of a scale or a minimum that several weights share.
    case scale
    /// Part of the code of one weight, or of some that are packed together.
    case code
    /// Of a weight that is stored as a float.
    case sign, exponent, mantissa
  }

  /// The bits of one block that have a meaning, counted from the lowest bit of the block's first byte; none of types
  /// that cannot be computed with.
  public func bits(meaning: BitMeaning) -> [Int] {
    guard isSupported else { return [] }
    let all = 0..<8 * bytesPerBlock
    if let mantissaBits {
      return switch meaning {
      case .sign: [all.upperBound - 1]
      case .exponent: Array(mantissaBits..<all.upperBound - 1)
      case .mantissa: Array(0..<mantissaBits)
      case .scale, .code: []
      }
    }
    let scales = Set(scaleBytes.joined())
    return switch meaning {
    case .scale: all.filter { scales.contains($0 / 8) }
    case .code: all.filter { !scales.contains($0 / 8) }
    case .sign, .exponent, .mantissa: []
    }
  }

  /// The bits of a float's mantissa; nil for quantized types.
  private var mantissaBits: Int? {
    switch self {
    case .f32: 23
    case .f16: 10
    case .bf16: 7
    default: nil
    }
  }

  /// The bytes of a block that hold scales and minimums, as `CKernels/formats/block_formats.h` lays them out.
  private var scaleBytes: [Range<Int>] {
    switch self {
    case .mxfp4: [0..<1]
    case .q4_0, .q5_0, .q8_0, .iq4_nl, .dint4, .amxfp4: [0..<2]
    case .q4_1, .q5_1, .nvfp4: [0..<4]
    case .iq4_xs: [0..<8]
    case .q4_K, .q5_K: [0..<16]
    case .q2_K: [0..<16, 80..<84]
    case .q3_K: [96..<110]
    case .q6_K: [192..<210]
    case .tq1_0: [52..<54]
    case .tq2_0, .sawb2: [64..<66]
    default: []
    }
  }
}
