// SPDX-License-Identifier: Apache-2.0

/// Mean squares of the inputs of matrix products by column: how much an error in a column of weights matters.
///
/// The mean square error of a product is the sum over columns of (error of the weight)² · (mean square of the input),
/// where the inputs of different columns are independent. llama.cpp calls these figures an importance matrix.
///
/// Its owner's thread alone may use it.
public final class InputStatistics {
  fileprivate struct Sums {
    var squares: [Double]
    var rows = 0
    var samples: InputSamples
  }

  /// Rows of each input that are kept as they are, if nothing else is asked for.
  public static let sampledRows = 32

  private var sums: [String: Sums] = [:]
  private let rowLimits: [String: Int]

  /// Statistics without any inputs.
  ///
  /// - Parameter rowLimits: rows that are kept of the inputs of some matrices, at most, by the matrix's name;
  ///   `sampledRows` of all others.
  public init(rowLimits: [String: Int] = [:]) { self.rowLimits = rowLimits }

  /// Names of the matrices that were multiplied with.
  public var names: some Collection<String> { sums.keys }

  /// Adds the first `count` rows of a product's input.
  func add(_ input: FloatMatrix, count: Int, of matrix: WeightMatrix) {
    let columns = matrix.columns
    let limit = rowLimits[matrix.name] ?? Self.sampledRows
    let none = Sums(squares: Array(repeating: 0, count: columns), samples: InputSamples(columns: columns))
    sums[matrix.name, default: none].add(input, count, columns, limit: limit)
  }

  /// Some inputs of a matrix; nil if it was not multiplied with, or where an input was not finite.
  public func samples(of name: String) -> InputSamples? {
    guard let samples = sums[name]?.samples, samples.count > 0, samples.isFinite else { return nil }
    return samples
  }

  /// The mean squares for a matrix, `[columns]`; nil if it was not multiplied with, or where an input was not finite.
  public func meanSquares(of name: String) -> [Float]? {
    guard let found = sums[name], found.rows > 0 else { return nil }
    let means = found.squares.map { Float($0 / Double(found.rows)) }
    return means.allSatisfy(\.isFinite) ? means : nil
  }
}

extension InputStatistics.Sums {
  fileprivate mutating func add(_ input: FloatMatrix, _ count: Int, _ columns: Int, limit: Int) {
    // The same matrix of another model may have other columns.
    guard squares.count == columns else { return }
    samples.add(input, count, limit: limit)
    rows += count
    squares.withUnsafeMutableBufferPointer { squares in
      for row in 0..<count {
        let values = input.base + row * input.stride
        for column in 0..<columns { squares[column] += Double(values[column]) * Double(values[column]) }
      }
    }
  }
}
