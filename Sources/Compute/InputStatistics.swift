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

  /// Rows of each input that are kept as they are.
  public static let sampledRows = 32

  private var sums: [String: Sums] = [:]

  /// Statistics without any inputs.
  public init() {}

  /// Names of the matrices that were multiplied with.
  public var names: some Collection<String> { sums.keys }

  /// Adds the first `count` rows of a product's input.
  func add(_ input: FloatMatrix, count: Int, of matrix: WeightMatrix) {
    let columns = matrix.columns
    let none = Sums(squares: Array(repeating: 0, count: columns), samples: InputSamples(columns: columns))
    sums[matrix.name, default: none].add(input, count, columns)
  }

  /// Some rows of a matrix's inputs, spread evenly over all of them; nil if it was not multiplied with.
  public func samples(of name: String) -> InputSamples? { sums[name]?.samples }

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
    for row in 0..<count { samples.add(input.from(row), number: rows + row) }
    rows += count
    squares.withUnsafeMutableBufferPointer { squares in
      for row in 0..<count {
        let values = input.base + row * input.stride
        for column in 0..<columns { squares[column] += Double(values[column]) * Double(values[column]) }
      }
    }
  }
}

/// Some rows of a product's inputs, `[count][columns]`.
public struct InputSamples: Sendable {
  /// Values of a row.
  public let columns: Int
  /// The rows, one after the other.
  public private(set) var values: [Float] = []
  /// Of all rows, each one whose number is a multiple of this is kept.
  private var step = 1

  /// Rows that are known.
  ///
  /// - Parameter values: `[count][columns]`.
  public init(columns: Int, values: [Float] = []) {
    precondition(columns > 0 && values.count % columns == 0, "whole rows")
    self.columns = columns
    self.values = values
  }

  /// Rows that are kept.
  public var count: Int { values.count / columns }

  /// Keeps a row if its number asks for it. Every second row is dropped where there would be too many.
  mutating func add(_ row: FloatMatrix, number: Int) {
    guard number % step == 0 else { return }
    if count == InputStatistics.sampledRows {
      values = stride(from: 0, to: count, by: 2).flatMap { values[$0 * columns..<($0 + 1) * columns] }
      step *= 2
      guard number % step == 0 else { return }
    }
    values += row.values(1)
  }
}
