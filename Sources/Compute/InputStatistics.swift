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
  }

  private var sums: [String: Sums] = [:]

  /// Statistics without any inputs.
  public init() {}

  /// Names of the matrices that were multiplied with.
  public var names: some Collection<String> { sums.keys }

  /// Adds the first `count` rows of a product's input.
  func add(_ input: FloatMatrix, count: Int, of matrix: WeightMatrix) {
    let columns = matrix.columns
    sums[matrix.name, default: Sums(squares: Array(repeating: 0, count: columns))].add(input, count, columns)
  }

  /// The mean squares for a matrix, `[columns]`; nil if it was not multiplied with, or where an input was not finite.
  public func meanSquares(of name: String) -> [Float]? {
    guard let found = sums[name], found.rows > 0 else { return nil }
    let means = found.squares.map { Float($0 / Double(found.rows)) }
    return means.allSatisfy(\.isFinite) ? means : nil
  }
}

extension InputStatistics.Sums {
  fileprivate mutating func add(_ input: FloatMatrix, _ count: Int, _ columns: Int) {
    // The same matrix of another model may have other columns.
    guard squares.count == columns else { return }
    rows += count
    squares.withUnsafeMutableBufferPointer { squares in
      for row in 0..<count {
        let values = input.base + row * input.stride
        for column in 0..<columns { squares[column] += Double(values[column]) * Double(values[column]) }
      }
    }
  }
}
