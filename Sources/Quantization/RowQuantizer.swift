// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile

/// Converts groups of rows from one type to another on all threads, and sums up the error.
final class RowQuantizer {
  /// The error of a tensor's values.
  struct Loss {
    var squaredError = 0.0
    var squaredValues = 0.0

    /// Root mean square of the error, divided by that of the values.
    var relative: Double { squaredValues > 0 ? (squaredError / squaredValues).squareRoot() : 0 }
    /// False if a value was infinite or not a number.
    var isFinite: Bool { squaredValues.isFinite }
  }

  let pool: ThreadPool
  /// For each thread, values before and after.
  private var scratch: [Float] = []
  private var losses: [Loss]

  /// Values that a thread converts at a time; more if a row is longer.
  private static let chunkElements = 1 << 16

  init(threads: Int) {
    pool = ThreadPool(threads: threads)
    losses = Array(repeating: Loss(), count: pool.threadCount)
  }

  /// Rows to convert at a time: enough for all threads, and a few MiB of memory per thread.
  func rowsPerGroup(columns: Int) -> Int { rowsPerChunk(columns) * pool.threadCount * 4 }

  private func rowsPerChunk(_ columns: Int) -> Int { max(1, Self.chunkElements / columns) }

  /// Converts rows.
  ///
  /// - Parameters:
  ///   - source: whole rows of `columns` values as `sourceType`.
  ///   - factors: what the values are multiplied by before; nil for nothing.
  ///   - firstRow: the tensor's row that `source` begins with.
  ///   - importance: weight of an error in each column; nil for equal weights.
  ///   - target: the bytes of these rows as `type`.
  func quantize(
    _ source: UnsafeRawBufferPointer, as sourceType: TensorType, columns: Int, to type: TensorType,
    factors: ChannelScaling.Factors?, firstRow: Int, importance: [Float]?, into target: UnsafeMutableRawBufferPointer
  ) -> Loss {
    let rowBytes = columns / sourceType.elementsPerBlock * sourceType.bytesPerBlock
    let rows = source.count / rowBytes
    let chunkRows = min(rowsPerChunk(columns), rows)
    let chunkElements = chunkRows * columns
    if scratch.count < pool.threadCount * 2 * chunkElements {
      scratch = [Float](repeating: 0, count: pool.threadCount * 2 * chunkElements)
    }
    for thread in losses.indices { losses[thread] = Loss() }

    scratch.withUnsafeMutableBufferPointer { scratch in
      losses.withUnsafeMutableBufferPointer { losses in
        Self.withPointers(importance, factors?.columns, factors?.rows) { weights, columnFactors, rowFactors in
          var job = Job(
            source: source, sourceType: sourceType, sourceRowBytes: rowBytes, target: target, type: type,
            targetRowBytes: columns / type.elementsPerBlock * type.bytesPerBlock, rows: rows, columns: columns,
            chunkRows: chunkRows, columnFactors: columnFactors, rowFactors: rowFactors, firstRow: firstRow,
            importance: weights, scratch: scratch, losses: losses)
          pool.run(chunks: (rows + chunkRows - 1) / chunkRows, job: &job) { job, chunk, thread in
            job.assumingMemoryBound(to: Job.self).pointee.run(chunk: chunk, thread: thread)
          }
        }
      }
    }
    return losses.reduce(into: Loss()) {
      $0.squaredError += $1.squaredError
      $0.squaredValues += $1.squaredValues
    }
  }

  private typealias Floats = UnsafeBufferPointer<Float>

  /// Calls `body` with pointers to arrays; nil for nil.
  private static func withPointers(
    _ first: [Float]?, _ second: [Float]?, _ third: [Float]?, _ body: (Floats?, Floats?, Floats?) -> Void
  ) {
    (first ?? []).withUnsafeBufferPointer { one in
      (second ?? []).withUnsafeBufferPointer { two in
        (third ?? []).withUnsafeBufferPointer { three in
          body(first == nil ? nil : one, second == nil ? nil : two, third == nil ? nil : three)
        }
      }
    }
  }
}

/// One group of rows that all threads convert. Each chunk writes its own rows, and each thread its own scratch and
/// loss.
private struct Job {
  let source: UnsafeRawBufferPointer
  let sourceType: TensorType
  let sourceRowBytes: Int
  let target: UnsafeMutableRawBufferPointer
  let type: TensorType
  let targetRowBytes: Int
  let rows: Int
  let columns: Int
  let chunkRows: Int
  let columnFactors: UnsafeBufferPointer<Float>?
  let rowFactors: UnsafeBufferPointer<Float>?
  let firstRow: Int
  let importance: UnsafeBufferPointer<Float>?
  let scratch: UnsafeMutableBufferPointer<Float>
  let losses: UnsafeMutableBufferPointer<RowQuantizer.Loss>

  func run(chunk: Int, thread: Int) {
    let first = chunk * chunkRows
    let last = min(first + chunkRows, rows)
    let count = (last - first) * columns
    let start = thread * 2 * chunkRows * columns
    let values = UnsafeMutableBufferPointer(rebasing: scratch[start..<start + count])
    let after = UnsafeMutableBufferPointer(rebasing: scratch[start + count..<start + 2 * count])
    let input = UnsafeRawBufferPointer(rebasing: source[first * sourceRowBytes..<last * sourceRowBytes])
    let output = UnsafeMutableRawBufferPointer(rebasing: target[first * targetRowBytes..<last * targetRowBytes])
    BlockQuantization.dequantize(input, type: sourceType, into: values)
    scale(values, rows: first..<last)
    BlockQuantization.quantize(
      UnsafeBufferPointer(values), columns: columns, as: type, importance: importance, into: output)
    BlockQuantization.dequantize(UnsafeRawBufferPointer(output), type: type, into: after)
    var error = 0.0
    var sum = 0.0
    for index in 0..<count {
      let value = Double(values[index])
      let difference = value - Double(after[index])
      error += difference * difference
      sum += value * value
    }
    losses[thread].squaredError += error
    losses[thread].squaredValues += sum
  }

  private func scale(_ values: UnsafeMutableBufferPointer<Float>, rows: Range<Int>) {
    if let columnFactors {
      for start in stride(from: 0, to: values.count, by: columns) {
        for column in 0..<columns { values[start + column] *= columnFactors[column] }
      }
    }
    guard let rowFactors else { return }
    for (index, row) in rows.enumerated() {
      let factor = rowFactors[firstRow + row]
      for column in 0..<columns { values[index * columns + column] *= factor }
    }
  }
}
