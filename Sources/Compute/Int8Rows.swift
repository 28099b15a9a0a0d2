// SPDX-License-Identifier: Apache-2.0

import CKernels
import Platform

/// Rows of floats kept as 8-bit integers: each head's part of a row has a scale of its own, its largest magnitude by
/// 127.
///
/// A part with a value that is infinite or not a number comes back as values that are not numbers.
public final class Int8Rows {
  /// Rows that there is memory for.
  public let rowCount: Int
  /// Values of a row.
  public let width: Int
  private let partWidth: Int
  private let values: UnsafeMutablePointer<Int8>
  private let scales: FloatBuffer

  /// - Parameters:
  ///   - rows: that there is memory for.
  ///   - parts: of a row, each with a scale; a divisor of `width`.
  /// - Throws: `ComputeError.outOfMemory` if the system refuses the memory.
  public init(rows: Int, parts: Int, width: Int) throws(ComputeError) {
    precondition(parts > 0 && width % parts == 0, "whole parts")
    rowCount = rows
    self.width = width
    partWidth = width / parts
    let (count, overflow) = max(rows, 1).multipliedReportingOverflow(by: max(width, 1))
    guard !overflow, rows >= 0, let memory = malloc(count) else {
      throw .outOfMemory(bytes: overflow ? .max : count)
    }
    scales = try FloatBuffer(count: rows * parts)
    values = memory.bindMemory(to: Int8.self, capacity: count)
    values.initialize(repeating: 0, count: count)
  }

  deinit { free(values) }

  /// Bytes of these rows' integers and scales.
  public static func byteCount(rows: Int, parts: Int, width: Int) -> Int {
    rows * (width + parts * MemoryLayout<Float>.stride)
  }

  /// Rounds rows of `source`, from its row `first` on, into the rows from `row` on.
  public func store(_ source: FloatMatrix, from first: Int, count: Int, at row: Int, engine: Engine) {
    precondition(source.width == width && row >= 0 && row + count <= rowCount, "rows do not fit")
    var job = Int8RowsJob(
      floats: source.base + first * source.stride, stride: source.stride, values: values + row * width,
      scales: scales.base + row * (width / partWidth), width: width, partWidth: partWidth, count: count)
    engine.threads.run(chunks: job.chunkCount, job: &job) { job, chunk, _ in
      job.assumingMemoryBound(to: Int8RowsJob.self).pointee.store(chunk: chunk)
    }
  }

  /// Writes the first `count` rows into `target`, as floats.
  public func expand(count: Int, into target: FloatMatrix, engine: Engine) {
    precondition(target.width == width && count <= rowCount, "rows do not fit")
    var job = Int8RowsJob(
      floats: target.base, stride: target.stride, values: values, scales: scales.base, width: width,
      partWidth: partWidth, count: count)
    engine.threads.run(chunks: job.chunkCount, job: &job) { job, chunk, _ in
      job.assumingMemoryBound(to: Int8RowsJob.self).pointee.expand(chunk: chunk)
    }
  }
}

/// Rows that are rounded or expanded, in chunks for a pool of threads.
private struct Int8RowsJob {
  /// The first row of floats, and floats from one row to the next.
  var floats: UnsafeMutablePointer<Float>
  var stride: Int
  /// The first row.
  var values: UnsafeMutablePointer<Int8>
  var scales: UnsafeMutablePointer<Float>
  var width, partWidth: Int
  var count: Int

  private static let chunkRows = 32

  var chunkCount: Int { (count + Self.chunkRows - 1) / Self.chunkRows }

  private func rows(ofChunk chunk: Int) -> Range<Int> {
    chunk * Self.chunkRows..<min((chunk + 1) * Self.chunkRows, count)
  }

  func store(chunk: Int) {
    let parts = width / partWidth
    for row in rows(ofChunk: chunk) {
      for part in 0..<parts {
        let input = floats + row * stride + part * partWidth
        let output = values + row * width + part * partWidth
        var largest: Float = 0
        for column in 0..<partWidth { largest = max(largest, abs(input[column])) }
        let isFinite = ck_all_within(input, partWidth, .greatestFiniteMagnitude) != 0
        scales[row * parts + part] = isFinite ? largest / 127 : .nan
        let factor = isFinite && largest > 0 ? 127 / largest : 0
        guard factor.isFinite, factor > 0 else {
          output.update(repeating: 1, count: partWidth)
          continue
        }
        // With 1.5 · 2^23 added, the lowest bits of a float are the nearest integer.
        for column in 0..<partWidth {
          output[column] = Int8(truncatingIfNeeded: (input[column] * factor + 12_582_912).bitPattern)
        }
      }
    }
  }

  func expand(chunk: Int) {
    let parts = width / partWidth
    for row in rows(ofChunk: chunk) {
      for part in 0..<parts {
        let scale = scales[row * parts + part]
        let input = values + row * width + part * partWidth
        let output = floats + row * stride + part * partWidth
        for column in 0..<partWidth { output[column] = Float(input[column]) * scale }
      }
    }
  }
}
