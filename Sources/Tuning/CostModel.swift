// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Predicts how long a schedule takes from those that were measured: ridge regression of the logarithm of the time on
/// the logarithms of the knobs, their squares and their products.
struct CostModel: Sendable {
  private let scales: [[Double]]
  private var weights: [Double] = []
  private var mean = 0.0

  /// How strongly weights are held near 0, for values of the size of 1.
  private static let ridge = 0.1

  init(space: ScheduleSpace) {
    // Values of an axis become -1…1, evenly on a scale of logarithms.
    scales = space.axes.map { axis in
      let logs = axis.values.map { log2(Double($0) + 1) }
      let low = logs.first ?? 0
      let width = max((logs.last ?? 1) - low, 1e-9)
      return logs.map { 2 * ($0 - low) / width - 1 }
    }
  }

  /// Fits the weights to measurements: places on the axes, and seconds.
  mutating func fit(_ measurements: [(coordinates: [Int], seconds: Double)]) {
    let times = measurements.map { log($0.seconds) }
    mean = times.reduce(0, +) / Double(max(times.count, 1))
    let rows = measurements.map { features($0.coordinates) }
    guard let width = rows.first?.count else { return }
    var matrix = Array(repeating: Array(repeating: 0.0, count: width), count: width)
    var target = Array(repeating: 0.0, count: width)
    for (row, time) in zip(rows, times) {
      for i in 0..<width {
        target[i] += row[i] * (time - mean)
        for j in 0...i { matrix[i][j] += row[i] * row[j] }
      }
    }
    for i in 0..<width { matrix[i][i] += Self.ridge }
    weights = Self.solve(matrix, target)
  }

  /// The logarithm of the seconds that a schedule is predicted to take.
  func prediction(_ coordinates: [Int]) -> Double {
    zip(weights, features(coordinates)).reduce(mean) { $0 + $1.0 * $1.1 }
  }

  private func features(_ coordinates: [Int]) -> [Double] {
    let values = zip(scales, coordinates).map { $0[$1] }
    var features = [1.0] + values
    for i in values.indices {
      for j in 0...i { features.append(values[i] * values[j]) }
    }
    return features
  }

  /// Solves A w = b for a symmetric, positive definite A, of which the lower triangle is read (Cholesky).
  private static func solve(_ matrix: [[Double]], _ target: [Double]) -> [Double] {
    var lower = matrix
    var result = target
    for i in target.indices {
      for j in 0...i {
        var sum = lower[i][j]
        for k in 0..<j { sum -= lower[i][k] * lower[j][k] }
        lower[i][j] = i == j ? max(sum, 1e-12).squareRoot() : sum / lower[j][j]
      }
      for j in 0..<i { result[i] -= lower[i][j] * result[j] }
      result[i] /= lower[i][i]
    }
    for i in target.indices.reversed() {
      for j in target.indices where j > i { result[i] -= lower[j][i] * result[j] }
      result[i] /= lower[i][i]
    }
    return result
  }
}
