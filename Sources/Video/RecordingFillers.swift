// SPDX-License-Identifier: Apache-2.0

/// Bytes in a recording that are no element of it. FFmpeg would take them for the length of one, and lose what follows:
/// it is given an element in their place that holds nothing.
extension RecordedFile {
  /// Remembers bytes that are no elements.
  func addFiller(_ range: Range<Int64>) {
    let isBehindLast = fillers.last.map { $0.upperBound <= range.lowerBound } ?? true
    if !range.isEmpty, isBehindLast, fillers.count < Self.mostRecordings { fillers.append(range) }
  }

  /// Puts fillers over bytes that were read at a position.
  func fill(_ bytes: UnsafeMutableRawBufferPointer, at position: Int64) {
    let read = position..<position + Int64(bytes.count)
    for filler in fillers where filler.overlaps(read) && filler.count > Self.tagLength {
      let header = Self.header(ofLength: filler.count)
      let end = Self.end(ofLength: filler.count)
      for place in filler.clamped(to: read) {
        let (fromStart, toEnd) = (Int(place - filler.lowerBound), Int(filler.upperBound - place))
        bytes[Int(place - position)] =
          fromStart < header.count ? header[fromStart] : toEnd <= end.count ? end[end.count - toEnd] : 0
      }
    }
  }

  /// Bytes of a tag of FLV without its data.
  private static let tagLength = 15

  /// The beginning of a tag of no kind.
  private static func header(ofLength length: Int) -> [UInt8] {
    [0] + bigEndian(length - tagLength).dropFirst() + Array(repeating: 0, count: 7)
  }

  /// What follows its data.
  private static func end(ofLength length: Int) -> [UInt8] { bigEndian(length - 4) }

  private static func bigEndian(_ number: Int) -> [UInt8] {
    (0..<4).reversed().map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }
}
