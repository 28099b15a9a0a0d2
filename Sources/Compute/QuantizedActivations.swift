// SPDX-License-Identifier: Apache-2.0

import CKernels

/// Working memory for activations quantized to 8 bits, which quantized weights are multiplied with.
///
/// The layout is that of `ck_quantized`: blocks of 32 values with one scale each, as ggml's Q8_1, and block sums that
/// weights with a zero point or a minimum need. An engine fills it once for all products of one input.
final class QuantizedActivations {
  /// Where the parts of the first row begin.
  struct Pointers {
    /// The quantized values, `[rows][width]`.
    let qs: UnsafeMutablePointer<Int8>
    /// The same values in 16 bits, `[rows][width]`.
    let qs16: UnsafeMutablePointer<Int16>
    /// `[rows][width / 32]`
    let scales: UnsafeMutablePointer<Float>
    /// The sum of each half of a block of `qs`, `[rows][width / 16]`.
    let bsums: UnsafeMutablePointer<Int16>
    /// −128 × the sum of each block of `qs`, `[rows][width / 32]`: what unsigned weights are corrected by.
    let corrections: UnsafeMutablePointer<Int32>
    /// The sum of each block of `qs` × its scale, `[rows][width / 32]`.
    let dsums: UnsafeMutablePointer<Float>

    /// The pointers for row `row` of rows of `width` values.
    func from(_ row: Int, width: Int) -> Pointers {
      Pointers(
        qs: qs + row * width, qs16: qs16 + row * width, scales: scales + row * (width / 32),
        bsums: bsums + row * (width / 16), corrections: corrections + row * (width / 32),
        dsums: dsums + row * (width / 32))
    }

    var kernelRows: ck_quantized {
      ck_quantized(qs: qs, qs16: qs16, scales: scales, bsums: bsums, corrections: corrections, dsums: dsums)
    }
  }

  let pointers: Pointers
  private let memory: FloatBuffer
  private let capacity: Int

  /// Room for `rows` × `columns` values.
  init(rows: Int, columns: Int) throws(ComputeError) {
    let (count, overflow) = max(rows, 0).multipliedReportingOverflow(by: max(columns, 0))
    guard !overflow, count < Int.max / 8 else { throw .outOfMemory(bytes: .max) }
    // A block takes 32 bytes, 64 bytes of the same in 16 bits, a scale, two sums in 16 bits, a correction and a scaled
    // sum; each part begins on a cache line.
    let blocks = (count / 32 + 16) / 16 * 16
    memory = try FloatBuffer(count: blocks * (8 + 16 + 1 + 1 + 1 + 1))
    capacity = count
    let base = UnsafeMutableRawPointer(memory.base)
    pointers = Pointers(
      qs: base.assumingMemoryBound(to: Int8.self), qs16: (base + blocks * 32).assumingMemoryBound(to: Int16.self),
      scales: (base + blocks * 96).assumingMemoryBound(to: Float.self),
      bsums: (base + blocks * 100).assumingMemoryBound(to: Int16.self),
      corrections: (base + blocks * 104).assumingMemoryBound(to: Int32.self),
      dsums: (base + blocks * 108).assumingMemoryBound(to: Float.self))
  }

  var byteCount: Int { memory.byteCount }

  /// Whether `rows` rows of `width` values have room.
  func fits(rows: Int, width: Int) -> Bool { rows * width <= capacity }
}
