// SPDX-License-Identifier: Apache-2.0

import Compute
import Inference
import ModelFile
import Tuning

/// Measures how long one product takes with a schedule, on matrices of random weights.
///
/// It has as many matrices as the model has, so that they come from memory where the model's do, but no more than 256
/// MiB of them.
package final class ProductTimer {
  /// What is measured.
  package let product: ProductRecorder.Product
  private let engine: Engine
  private let input: FloatMatrix
  /// `[copy][matrix of the product]`
  private let copies: [[Engine.Product]]
  private var next = 0
  /// Products of one time.
  private var repetitions = 1

  private static let mostBytes = 256 << 20
  /// The least seconds of one time. Shorter ones would be measured badly.
  private static let leastSeconds = 0.001

  /// Makes the matrices and computes with each, which repacks it.
  ///
  /// - Throws: `ComputeError.outOfMemory`.
  package init(_ product: ProductRecorder.Product, threads: ThreadPool) throws(ComputeError) {
    self.product = product
    let (shape, tokens) = (product.shape, product.tokens)
    var random = RandomWeights(seed: 3)
    engine = try Engine(threads: threads, maximumRows: tokens, maximumColumns: shape.columns, maximumHeads: 1)
    let values = try FloatBuffer(count: tokens * shape.columns)
    input = values.rows(width: shape.columns)
    for row in 0..<tokens { input.fill(row: row) { _ in Double(random.value()) } }
    var outputs: [FloatMatrix] = []
    for matrix in shape.matrices {
      outputs.append(try FloatBuffer(count: tokens * matrix.rows).rows(width: matrix.rows))
    }
    var copies: [[Engine.Product]] = []
    for _ in 0..<min(product.count, max(Self.mostBytes / max(shape.byteCount, 1), 1)) {
      var copy: [Engine.Product] = []
      for (matrix, output) in zip(shape.matrices, outputs) {
        let weights = try WeightMatrix(
          name: "random", type: matrix.type, rows: matrix.rows, columns: shape.columns,
          layout: matrix.isRepacked ? .repacked : .mapped
        ) { bytes in
          var written = 0
          random.matrix(matrix.type, inputs: shape.columns, byteCount: bytes.count) { piece in
            UnsafeMutableRawBufferPointer(rebasing: bytes[written...]).copyMemory(from: piece)
            written += piece.count
          }
        }
        copy.append(Engine.Product(weights, to: output))
      }
      copies.append(copy)
    }
    self.copies = copies
    for _ in copies { multiply() }
    let seconds = secondsTaken { multiply() }
    repetitions = min(max(Int(Self.leastSeconds / seconds) + 1, 1), 10_000)
  }

  /// The seconds of one product.
  ///
  /// - Parameter times: how often it is measured; the shortest counts, for other programs only make it longer.
  package func seconds(with schedule: ProductSchedule, times: Int = 1) -> Double {
    engine.schedules = schedule == .standard ? nil : ScheduleTable([product.shape: schedule])
    var shortest = Double.infinity
    for _ in 0..<times {
      let seconds = secondsTaken { for _ in 0..<repetitions { multiply() } }
      shortest = min(shortest, seconds / Double(repetitions))
    }
    return shortest
  }

  private func multiply() {
    let all = copies[next]
    next = (next + 1) % copies.count
    switch all.count {
    case 1: engine.multiply(input, count: product.tokens, all[0])
    case 2: engine.multiply(input, count: product.tokens, all[0], all[1])
    default: engine.multiply(input, count: product.tokens, all[0], all[1], all[2])
    }
  }
}
