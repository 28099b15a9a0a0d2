// SPDX-License-Identifier: Apache-2.0

/// The distance ‖a − b‖ / ‖b‖ of two vectors; infinite where they differ in length or `b` is empty.
public func relativeDifference(_ a: [Float], _ b: [Float]) -> Double {
  guard a.count == b.count, !b.isEmpty else { return .infinity }
  var difference = 0.0
  var size = 0.0
  for (x, y) in zip(a, b) {
    difference += Double(x - y) * Double(x - y)
    size += Double(y) * Double(y)
  }
  return (difference / size).squareRoot()
}
