// SPDX-License-Identifier: Apache-2.0

import Platform

/// Memory for numbers that is asked for once and used again and again, aligned to a cache line.
public final class FloatBuffer: @unchecked Sendable {
  public let count: Int
  let base: UnsafeMutablePointer<Float>

  /// Zeros.
  /// - Throws: `outOfMemory` if the system refuses.
  public init(count: Int) throws(ComputeError) {
    let (bytes, overflow) = max(count, 1).multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
    var memory: UnsafeMutableRawPointer?
    guard !overflow, count >= 0, posix_memalign(&memory, 64, bytes) == 0, let memory else {
      throw .outOfMemory(bytes: overflow ? .max : bytes)
    }
    self.count = count
    base = memory.bindMemory(to: Float.self, capacity: max(count, 1))
    base.initialize(repeating: 0, count: max(count, 1))
  }

  /// A copy of these numbers.
  /// - Throws: `outOfMemory` if the system refuses.
  public convenience init(_ values: ArraySlice<Float>) throws(ComputeError) {
    try self.init(count: values.count)
    rows(width: max(values.count, 1)).set(values)
  }

  deinit { free(base) }

  public var byteCount: Int { count * MemoryLayout<Float>.stride }

  /// All of it as rows that follow each other.
  public func rows(width: Int) -> FloatMatrix { FloatMatrix(base: base, stride: width, width: width, owner: self) }

  /// A copy, for looking at.
  public var values: [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }
}

/// Rows of floats somewhere in a buffer: `width` numbers each, `stride` numbers from one to the next.
///
/// It keeps the buffer alive; how many rows there are is for its maker to know.
public struct FloatMatrix {
  let base: UnsafeMutablePointer<Float>
  let stride: Int
  public let width: Int
  /// Nil for memory that a caller holds on to for the length of a call.
  let owner: FloatBuffer?

  /// The rows from this one on.
  public func from(_ row: Int) -> FloatMatrix {
    FloatMatrix(base: base + row * stride, stride: stride, width: width, owner: owner)
  }

  /// The same numbers as rows `factor` times as long; only for rows without gaps.
  public func joined(by factor: Int) -> FloatMatrix {
    precondition(stride == width, "rows with gaps cannot be joined")
    return FloatMatrix(base: base, stride: stride * factor, width: width * factor, owner: owner)
  }

  /// The same numbers as rows `1 / factor` times as long, such as one row for each attention head; only for rows
  /// without gaps.
  public func split(by factor: Int) -> FloatMatrix {
    precondition(stride == width && width % factor == 0, "rows with gaps cannot be split")
    return FloatMatrix(base: base, stride: stride / factor, width: width / factor, owner: owner)
  }

  /// Copies one row of others that are as wide into one of these.
  public func copy(row: Int, from source: FloatMatrix, row sourceRow: Int) {
    precondition(source.width == width, "widths differ")
    (base + row * stride).update(from: source.base + sourceRow * source.stride, count: width)
  }

  /// Copies `count` rows, for looking at.
  public func values(_ count: Int) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(count * width)
    for row in 0..<count { result.append(contentsOf: UnsafeBufferPointer(start: base + row * stride, count: width)) }
    return result
  }

  /// Fills whole rows from an array that holds them one after the other.
  public func set(_ values: ArraySlice<Float>) {
    precondition(values.count % width == 0, "whole rows")
    values.withUnsafeBufferPointer { source in
      guard let start = source.baseAddress else { return }
      for row in 0..<values.count / width {
        (base + row * stride).update(from: start + row * width, count: width)
      }
    }
  }
}

extension FloatMatrix {
  /// Fills rows from part of the columns of longer rows, which an array holds one after the other.
  ///
  /// - Parameters:
  ///   - length: numbers in one of the array's rows.
  ///   - rows: those of the array's rows that are taken.
  ///   - column: the first of the `width` columns that are taken.
  public func set(_ values: [Float], rowsOf length: Int, rows: Range<Int>, column: Int) {
    precondition(column + width <= length && rows.upperBound * length <= values.count, "the array is smaller")
    values.withUnsafeBufferPointer { source in
      guard let start = source.baseAddress else { return }
      for (index, row) in rows.enumerated() {
        (base + index * stride).update(from: start + row * length + column, count: width)
      }
    }
  }

  /// Fills one row from a function of the column.
  public func fill(row: Int, _ value: (Int) -> Double) {
    let start = base + row * stride
    for column in 0..<width { start[column] = Float(value(column)) }
  }

  /// Row `row` becomes the sum of some rows of `source`, which is as wide, each times its weight.
  public func fill(row: Int, sumOf taps: [(row: Int, weight: Float)], of source: FloatMatrix) {
    precondition(source.width == width, "widths differ")
    let target = base + row * stride
    for (index, tap) in taps.enumerated() {
      let numbers = source.base + tap.row * source.stride
      if index == 0 {
        for column in 0..<width { target[column] = tap.weight * numbers[column] }
      } else {
        for column in 0..<width { target[column] += tap.weight * numbers[column] }
      }
    }
  }

  /// Hands out the first `columns` numbers of one row for filling.
  public func fill(row: Int, columns: Int, _ body: (UnsafeMutableBufferPointer<Float>) -> Void) {
    precondition(columns <= width, "the row is shorter")
    body(UnsafeMutableBufferPointer(start: base + row * stride, count: columns))
  }
}
