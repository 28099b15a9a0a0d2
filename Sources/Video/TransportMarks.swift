// SPDX-License-Identifier: Apache-2.0

/// Recordings in a transport stream that is too long to be read when it is opened: it is looked at in many places, and
/// more closely between two that cannot be of one recording.
extension RecordedFile {
  /// A place that was looked at.
  private struct Sample {
    let bytes: Range<Int64>
    let joins: TransportJoins
  }

  /// Places that are looked at to begin with, and in all.
  private static let fewestSamples: Int64 = 64
  private static let mostSamples = 256
  /// Bytes that are looked at in each: clocks are no further apart.
  private static let sampleLength: Int64 = 1 << 18

  func splitByMarks() {
    var left = Self.mostSamples
    let places = (0..<Self.fewestSamples).map { size / Self.fewestSamples * $0 } + [size - Self.sampleLength]
    var former: Sample?
    var begins: [Int64] = []
    for place in places {
      guard let sample = sample(at: place, left: &left), !sample.joins.latest.isEmpty else { continue }
      if let former { begins += self.begins(between: former, sample, left: &left) }
      former = sample
    }
    if begins.count >= Self.mostRecordings { excess = .readAsOne }
    for begin in begins.sorted() where recordings.count < Self.mostRecordings {
      guard let last = recordings.last, begin > last.bytes.lowerBound else { continue }
      recordings[recordings.count - 1].bytes = last.bytes.lowerBound..<begin
      recordings.append(Recording(bytes: begin..<size, container: .transportStream))
    }
  }

  private func sample(at place: Int64, left: inout Int) -> Sample? {
    guard left > 0 else { return nil }
    left -= 1
    let range = place..<min(size, place + Self.sampleLength)
    let part = bytes(at: range.lowerBound, count: range.count)
    guard let first = TransportPacket.first(in: part) else { return nil }
    var joins = TransportJoins()
    for start in stride(from: part.startIndex + first, to: part.endIndex, by: TransportPacket.length) {
      guard let packet = TransportPacket(part[start...].prefix(TransportPacket.length)) else { continue }
      let position = place + Int64(start - part.startIndex)
      // What comes before the end of a recording tells of that one, what comes behind it of the next.
      if joins.take(packet, at: position) != nil { return Sample(bytes: place..<position, joins: joins) }
    }
    return Sample(bytes: range, joins: joins)
  }

  /// Where recordings begin between two places.
  private func begins(between former: Sample, _ later: Sample, left: inout Int) -> [Int64] {
    guard later.joins.first.contradict(former.joins.latest) else { return [] }
    let between = former.bytes.upperBound..<max(former.bytes.upperBound, later.bytes.lowerBound)
    if between.count > Int(4 * Self.sampleLength),
      let middle = sample(at: between.lowerBound + Int64(between.count / 2), left: &left),
      !middle.joins.latest.isEmpty
    {
      return begins(between: former, middle, left: &left) + begins(between: middle, later, left: &left)
    }
    // Near enough to look at every packet.
    return begins(in: former.bytes.lowerBound..<later.bytes.upperBound)
  }

  private func begins(in range: Range<Int64>) -> [Int64] {
    let part = bytes(at: range.lowerBound, count: range.count)
    guard let first = TransportPacket.first(in: part) else { return [] }
    var joins = TransportJoins()
    var begins: [Int64] = []
    var start = part.startIndex + first
    while start + TransportPacket.length <= part.endIndex {
      let position = range.lowerBound + Int64(start - part.startIndex)
      if let packet = TransportPacket(part[start..<start + TransportPacket.length]),
        let begin = joins.take(packet, at: position)
      {
        begins.append(begin)
        joins = TransportJoins()
      }
      start += TransportPacket.length
    }
    return begins
  }
}
