// SPDX-License-Identifier: Apache-2.0

import CKernels

/// A view of rows of floats in a buffer: `width` floats a row, `stride` floats from the start of one row to the next.
///
/// A view keeps its buffer alive. It does not know how many rows the buffer has room for, so operations that read or
/// write more than one row are given a row count.
public struct FloatMatrix {
  let base: UnsafeMutablePointer<Float>
  let stride: Int
  /// Floats in a row.
  public let width: Int
  /// Nil for memory that the caller of an operation keeps alive until it returns.
  let owner: FloatBuffer?

  // MARK: Views

  /// The rows from `row` on.
  public func from(_ row: Int) -> FloatMatrix {
    FloatMatrix(base: base + row * stride, stride: stride, width: width, owner: owner)
  }

  /// Some columns of the same rows.
  public func columns(_ range: Range<Int>) -> FloatMatrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= width, "no such columns")
    return FloatMatrix(base: base + range.lowerBound, stride: stride, width: range.count, owner: owner)
  }

  /// The same floats with every `factor` rows as one row, `[count / factor][factor * width]`.
  /// - Precondition: the rows have no gaps.
  public func joined(by factor: Int) -> FloatMatrix {
    precondition(stride == width, "rows with gaps cannot be joined")
    return FloatMatrix(base: base, stride: stride * factor, width: width * factor, owner: owner)
  }

  /// The same floats with each row as `factor` rows, such as one for each attention head,
  /// `[count * factor][width / factor]`.
  /// - Precondition: the rows have no gaps, and `factor` divides `width`.
  public func split(by factor: Int) -> FloatMatrix {
    precondition(stride == width && width % factor == 0, "rows with gaps cannot be split")
    return FloatMatrix(base: base, stride: stride / factor, width: width / factor, owner: owner)
  }

  /// The first row's floats as rows of `width` floats without gaps.
  public func row(as width: Int) -> FloatMatrix {
    precondition(width > 0 && self.width % width == 0, "whole rows")
    return FloatMatrix(base: base, stride: width, width: width, owner: owner)
  }

  // MARK: Reading

  /// A copy of the first `count` rows, `[count][width]`. It allocates an array.
  public func values(_ count: Int) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(count * width)
    for row in 0..<count { result.append(contentsOf: UnsafeBufferPointer(start: base + row * stride, count: width)) }
    return result
  }

  /// Whether each float of the first `rows` rows is a number and not infinite.
  public func isFinite(rows: Int) -> Bool { isWithin(.greatestFiniteMagnitude, rows: rows) }

  /// Whether each float of the first `rows` rows is a number whose magnitude is not above `limit`.
  ///
  /// - Precondition: the limit is finite and not negative.
  public func isWithin(_ limit: Float, rows: Int) -> Bool {
    precondition(limit >= 0 && limit.isFinite, "a limit of magnitudes")
    if stride == width { return ck_all_within(base, rows * width, limit) != 0 }
    return (0..<rows).allSatisfy { ck_all_within(base + $0 * stride, width, limit) != 0 }
  }

  /// Replaces the contents of `target` by some rows and columns, `[rows.count][width]`.
  /// - Parameters:
  ///   - column: the first column that is copied.
  ///   - width: columns that are copied.
  public func copy(rows: Range<Int>, column: Int, width: Int, into target: inout [Float]) {
    precondition(column >= 0 && column + width <= self.width, "no such columns")
    target.removeAll(keepingCapacity: true)
    for row in rows {
      target.append(contentsOf: UnsafeBufferPointer(start: base + row * stride + column, count: width))
    }
  }

  /// The lowest and the highest value of each of some columns over the first `count` rows.
  /// - Parameters:
  ///   - column: the first column that is read.
  ///   - width: columns that are read.
  ///   - count: rows that are read, at least one.
  ///   - lowest: where the lowest values go, `[width]`.
  ///   - highest: where the highest values go, `[width]`.
  public func extremes(
    column: Int, width: Int, count: Int, lowest: UnsafeMutablePointer<Float>, highest: UnsafeMutablePointer<Float>
  ) {
    precondition(count > 0 && column >= 0 && column + width <= self.width, "no such rows or columns")
    for index in 0..<width {
      lowest[index] = base[column + index]
      highest[index] = base[column + index]
    }
    for row in 1..<max(count, 1) {
      let values = base + row * stride + column
      for index in 0..<width {
        lowest[index] = min(lowest[index], values[index])
        highest[index] = max(highest[index], values[index])
      }
    }
  }

  // MARK: Writing

  /// Copies one row of `source`, which has the same width, into row `row`.
  public func copy(row: Int, from source: FloatMatrix, row sourceRow: Int) {
    precondition(source.width == width, "widths differ")
    (base + row * stride).update(from: source.base + sourceRow * source.stride, count: width)
  }

  /// Makes all floats of the first `rows` rows 0.
  public func clear(rows: Int) {
    for row in 0..<rows { (base + row * stride).update(repeating: 0, count: width) }
  }

  /// Fills rows from the first on with `values`, `[rows][width]`.
  public func set(_ values: ArraySlice<Float>) {
    precondition(values.count % width == 0, "whole rows")
    values.withUnsafeBufferPointer { source in
      guard let start = source.baseAddress else { return }
      for row in 0..<values.count / width {
        (base + row * stride).update(from: start + row * width, count: width)
      }
    }
  }

  /// Fills rows from the first on with `width` columns of longer rows.
  /// - Parameters:
  ///   - values: the longer rows, `[rows][length]`.
  ///   - length: floats in one of the longer rows.
  ///   - rows: which of the longer rows are copied.
  ///   - column: the first column that is copied.
  public func set(_ values: [Float], rowsOf length: Int, rows: Range<Int>, column: Int) {
    precondition(column + width <= length && rows.upperBound * length <= values.count, "the array is smaller")
    values.withUnsafeBufferPointer { source in
      guard let start = source.baseAddress else { return }
      for (index, row) in rows.enumerated() {
        (base + index * stride).update(from: start + row * length + column, count: width)
      }
    }
  }

  /// Fills one row with `value(column)`.
  public func fill(row: Int, _ value: (Int) -> Double) {
    let start = base + row * stride
    for column in 0..<width { start[column] = Float(value(column)) }
  }

  /// Fills one row with a weighted sum of rows of `source`, which has the same width.
  public func fill(row: Int, sumOf taps: [(row: Int, weight: Float)], of source: FloatMatrix) {
    precondition(source.width == width, "widths differ")
    let target = base + row * stride
    for (index, tap) in taps.enumerated() {
      let values = source.base + tap.row * source.stride
      if index == 0 {
        for column in 0..<width { target[column] = tap.weight * values[column] }
      } else {
        for column in 0..<width { target[column] += tap.weight * values[column] }
      }
    }
  }

  /// Calls `body` with the first `columns` floats of one row, for `body` to fill.
  public func fill(row: Int, columns: Int, _ body: (UnsafeMutableBufferPointer<Float>) -> Void) {
    precondition(columns <= width, "the row is shorter")
    body(UnsafeMutableBufferPointer(start: base + row * stride, count: columns))
  }
}

extension ArraySlice<Float> {
  /// Whether each float is a number and not infinite.
  public var areFinite: Bool {
    withUnsafeBufferPointer {
      $0.baseAddress.map { base in ck_all_within(base, count, .greatestFiniteMagnitude) != 0 } ?? true
    }
  }
}
