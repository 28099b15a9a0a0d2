// SPDX-License-Identifier: Apache-2.0

import CKernels

/// The 8-bit form of rows, made once for all quantized matrices that they meet.
final class QuantizedActivations {
  /// Where the parts lie; see `ck_quantized`.
  struct Parts {
    let bytes: UnsafeMutablePointer<Int8>
    let wide: UnsafeMutablePointer<Int16>
    let scales: UnsafeMutablePointer<Float>
    let sums: UnsafeMutablePointer<Int16>
    let offsets: UnsafeMutablePointer<Int32>
    let scaledSums: UnsafeMutablePointer<Float>

    /// The same from row `row` on.
    func from(_ row: Int, width: Int) -> Parts {
      Parts(
        bytes: bytes + row * width, wide: wide + row * width, scales: scales + row * (width / 32),
        sums: sums + row * (width / 16), offsets: offsets + row * (width / 32),
        scaledSums: scaledSums + row * (width / 32))
    }

    var kernelRows: ck_quantized {
      ck_quantized(
        numbers: bytes, wide: wide, scales: scales, sums: sums, offsets: offsets, scaled_sums: scaledSums)
    }
  }

  let parts: Parts
  private let memory: FloatBuffer
  private let capacity: Int

  init(rows: Int, columns: Int) throws(ComputeError) {
    let (count, overflow) = max(rows, 0).multipliedReportingOverflow(by: max(columns, 0))
    guard !overflow, count < Int.max / 8 else { throw .outOfMemory(bytes: .max) }
    // A block takes 32 bytes, 64 bytes of the same in 16 bits, a scale, two sums in 16 bits, an offset and a scaled sum;
    // each part begins on a cache line.
    let blocks = (count / 32 + 16) / 16 * 16
    memory = try FloatBuffer(count: blocks * (8 + 16 + 1 + 1 + 1 + 1))
    capacity = count
    let base = UnsafeMutableRawPointer(memory.base)
    parts = Parts(
      bytes: base.assumingMemoryBound(to: Int8.self), wide: (base + blocks * 32).assumingMemoryBound(to: Int16.self),
      scales: (base + blocks * 96).assumingMemoryBound(to: Float.self),
      sums: (base + blocks * 100).assumingMemoryBound(to: Int16.self),
      offsets: (base + blocks * 104).assumingMemoryBound(to: Int32.self),
      scaledSums: (base + blocks * 108).assumingMemoryBound(to: Float.self))
  }

  var byteCount: Int { memory.byteCount }

  func fill(from input: FloatMatrix, count: Int, engine: Engine) {
    precondition(count * input.width <= capacity, "more rows than the engine was made for")
    engine.quantize(input, count: count, to: parts)
  }
}
