// SPDX-License-Identifier: Apache-2.0

import CKernels

/// Quantizes and dequantizes one head's key or value of one token, `[headDimension]`. `f16` counts as a quantization.
///
/// Rows may lie at any address, and a row is moved by a copy of its bytes. Dequantizing and quantizing again gives the
/// same bytes for `f16`, `q8_0` and, with the same range, `q4` keys; for `q4` values it does unless their minimum is
/// large beside their range, and for `amxfp4` unless a block's largest value is below 2⁻¹¹.
public enum KeyValueQuantization {
  /// Quantizes a key.
  /// - Parameter keyRange: for `q4`, scales and minimums of the channels, `[2][headDimension]`; values outside a
  ///   channel's range are clamped. Nil otherwise.
  public static func quantizeKey(
    _ source: UnsafePointer<Float>, into target: UnsafeMutableRawPointer, type: KeyValueType, headDimension: Int,
    keyRange: UnsafePointer<Float>?
  ) {
    precondition(type != .q4 || keyRange != nil, "4-bit keys have a range")
    ck_quantize_key(type.rowType, source, target, headDimension, keyRange)
  }

  /// Dequantizes a key.
  /// - Parameter keyRange: the range that the key was quantized with.
  public static func dequantizeKey(
    _ source: UnsafeRawPointer, into target: UnsafeMutablePointer<Float>, type: KeyValueType, headDimension: Int,
    keyRange: UnsafePointer<Float>?
  ) {
    precondition(type != .q4 || keyRange != nil, "4-bit keys have a range")
    if type == .f16 { return convertHalves(source, into: target, count: headDimension) }
    ck_dequantize_key(type.rowType, source, target, headDimension, keyRange)
  }

  /// Quantizes a value.
  public static func quantizeValue(
    _ source: UnsafePointer<Float>, into target: UnsafeMutableRawPointer, type: KeyValueType, headDimension: Int
  ) {
    ck_quantize_value(type.rowType, source, target, headDimension)
  }

  /// Dequantizes a value.
  public static func dequantizeValue(
    _ source: UnsafeRawPointer, into target: UnsafeMutablePointer<Float>, type: KeyValueType, headDimension: Int
  ) {
    if type == .f16 { return convertHalves(source, into: target, count: headDimension) }
    ck_dequantize_value(type.rowType, source, target, headDimension)
  }

  /// Never written to.
  private nonisolated(unsafe) static let kernels = ck_best_kernels()

  /// Converts with the processor's own instructions, which give the same floats as the portable code.
  private static func convertHalves(_ source: UnsafeRawPointer, into target: UnsafeMutablePointer<Float>, count: Int) {
    guard Int(bitPattern: source) % MemoryLayout<UInt16>.alignment == 0 else {
      return ck_dequantize_value(CK_KV_F16, source, target, count)
    }
    kernels.pointee.f16_to_f32(source.assumingMemoryBound(to: UInt16.self), target, count)
  }

  /// The scale and minimum of one channel of `q4` keys whose values lie within `values`.
  ///
  /// The scale is at least 2⁻¹⁸ of the largest absolute value, so that 32-bit floats can tell its multiples apart.
  public static func keyRange(of values: ClosedRange<Float>) -> (scale: Float, minimum: Float) {
    let size = max(abs(values.lowerBound), abs(values.upperBound))
    return (max((values.upperBound - values.lowerBound) / 15, size / 262_144), values.lowerBound)
  }
}
