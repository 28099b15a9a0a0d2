// SPDX-License-Identifier: Apache-2.0

extension FloatMatrix {
  /// The numbers of some rows and columns, row by row, in place of what `target` held.
  public func copy(rows: Range<Int>, column: Int, width: Int, into target: inout [Float]) {
    precondition(column >= 0 && column + width <= self.width, "no such columns")
    target.removeAll(keepingCapacity: true)
    for row in rows {
      target.append(contentsOf: UnsafeBufferPointer(start: base + row * stride + column, count: width))
    }
  }

  /// The lowest and the highest number of some columns over the first `count` rows, column by column.
  public func extremes(
    column: Int, width: Int, count: Int, lowest: UnsafeMutablePointer<Float>, highest: UnsafeMutablePointer<Float>
  ) {
    precondition(count > 0 && column >= 0 && column + width <= self.width, "no such rows or columns")
    for index in 0..<width {
      lowest[index] = base[column + index]
      highest[index] = base[column + index]
    }
    for row in 1..<max(count, 1) {
      let numbers = base + row * stride + column
      for index in 0..<width {
        lowest[index] = min(lowest[index], numbers[index])
        highest[index] = max(highest[index], numbers[index])
      }
    }
  }
}
