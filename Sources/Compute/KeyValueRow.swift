// SPDX-License-Identifier: Apache-2.0

import CKernels

/// One head's key or value of one token, packed and unpacked.
///
/// Rows may lie at any address. Whoever moves a row moves its bytes. Unpacking a `q4` key and packing it again by the
/// same range gives the same bytes too, and so does `q8_0`; of a `q4` value it does where its lowest number is not
/// large beside its range.
public enum KeyValueRow {
  /// - Parameter keyRange: for `q4`, `headDimension` steps, then `headDimension` lowest numbers; nil otherwise. Numbers
  ///   outside a channel's range become the nearest within.
  public static func packKey(
    _ source: UnsafePointer<Float>, into target: UnsafeMutableRawPointer, type: KeyValueType, headDimension: Int,
    keyRange: UnsafePointer<Float>?
  ) {
    precondition(type != .q4 || keyRange != nil, "4-bit keys have a range")
    ck_pack_key(type.rowType, source, target, headDimension, keyRange)
  }

  public static func unpackKey(
    _ source: UnsafeRawPointer, into target: UnsafeMutablePointer<Float>, type: KeyValueType, headDimension: Int,
    keyRange: UnsafePointer<Float>?
  ) {
    precondition(type != .q4 || keyRange != nil, "4-bit keys have a range")
    if type == .f16 { return unpackHalves(source, into: target, count: headDimension) }
    ck_unpack_key(type.rowType, source, target, headDimension, keyRange)
  }

  public static func packValue(
    _ source: UnsafePointer<Float>, into target: UnsafeMutableRawPointer, type: KeyValueType, headDimension: Int
  ) {
    ck_pack_value(type.rowType, source, target, headDimension)
  }

  public static func unpackValue(
    _ source: UnsafeRawPointer, into target: UnsafeMutablePointer<Float>, type: KeyValueType, headDimension: Int
  ) {
    if type == .f16 { return unpackHalves(source, into: target, count: headDimension) }
    ck_unpack_value(type.rowType, source, target, headDimension)
  }

  /// Never written to.
  private nonisolated(unsafe) static let kernels = ck_best_kernels()

  /// The processor's own conversion, which gives the same numbers as the plain one.
  private static func unpackHalves(_ source: UnsafeRawPointer, into target: UnsafeMutablePointer<Float>, count: Int) {
    guard Int(bitPattern: source) % MemoryLayout<UInt16>.alignment == 0 else {
      return ck_unpack_value(CK_ROWS_F16, source, target, count)
    }
    kernels.pointee.f16_to_f32(source.assumingMemoryBound(to: UInt16.self), target, count)
  }

  /// The range of one channel of `q4` keys whose numbers lie within `numbers`.
  ///
  /// The step is never so small beside the numbers that 32-bit floats could not tell its multiples apart.
  public static func keyRange(of numbers: ClosedRange<Float>) -> (step: Float, lowest: Float) {
    let size = max(abs(numbers.lowerBound), abs(numbers.upperBound))
    return (max((numbers.upperBound - numbers.lowerBound) / 15, size / 262_144), numbers.lowerBound)
  }
}
