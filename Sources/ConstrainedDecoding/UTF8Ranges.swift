// SPDX-License-Identifier: Apache-2.0

/// The bytes of ranges of code points in UTF-8.
enum UTF8Ranges {
  /// Sequences of byte ranges, one of which the bytes of a character of `range` match.
  ///
  /// - Parameter range: without surrogates.
  static func sequences(of range: ClosedRange<UInt32>) -> [[ClosedRange<UInt8>]] {
    // Lengths change at these code points.
    for last: UInt32 in [0x7F, 0x7FF, 0xFFFF] where range.lowerBound <= last && range.upperBound > last {
      return sequences(of: range.lowerBound...last) + sequences(of: last + 1...range.upperBound)
    }
    return split(bytes(of: range.lowerBound), bytes(of: range.upperBound))
  }

  private static func bytes(of codePoint: UInt32) -> [UInt8] {
    Unicode.Scalar(codePoint).map { Array(String(Character($0)).utf8) } ?? []
  }

  /// The sequences between two of the same length.
  private static func split(_ low: [UInt8], _ high: [UInt8]) -> [[ClosedRange<UInt8>]] {
    guard let first = low.first, let last = high.first, low.count == high.count, first <= last else { return [] }
    if low.count == 1 { return [[first...last]] }
    let (lowest, highest) = (
      Array(repeating: UInt8(0x80), count: low.count - 1), Array(repeating: UInt8(0xBF), count: low.count - 1)
    )
    let (lowRest, highRest) = (Array(low.dropFirst()), Array(high.dropFirst()))
    if first == last { return split(lowRest, highRest).map { [first...first] + $0 } }
    var (start, end) = (first, last)
    var result: [[ClosedRange<UInt8>]] = []
    if lowRest != lowest {
      result += split(lowRest, highest).map { [first...first] + $0 }
      start += 1
    }
    var tail: [[ClosedRange<UInt8>]] = []
    if highRest != highest {
      tail = split(lowest, highRest).map { [last...last] + $0 }
      end -= 1
    }
    if start <= end { result.append([start...end] + lowest.map { $0...0xBF }) }
    return result + tail
  }
}
