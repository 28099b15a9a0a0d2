// SPDX-License-Identifier: Apache-2.0

/// Counts the bytes between the packets of a transport stream that belong to none, as it is read from front to back.
struct PacketGaps {
  /// Bytes behind which packets followed again.
  private(set) var count: Int64 = 0
  /// Where the next packet is expected.
  private var place: Int64
  /// Where bytes began that are no packets; nil while packets follow each other.
  private var begin: Int64?
  private var hasBegun = false
  /// What was read last of such bytes: a packet may begin in it.
  private var tail: [UInt8] = []

  init(at place: Int64) { self.place = place }

  /// Takes note of bytes that were read at a position. Those read elsewhere than behind the bytes before are left out.
  mutating func take(_ bytes: UnsafeRawBufferPointer, at position: Int64) {
    let end = position + Int64(bytes.count)
    guard position <= place + Int64(tail.count), place < end else { return }
    let known = tail.isEmpty ? 0 : Int(place + Int64(tail.count) - position)
    let part = tail + bytes.dropFirst(tail.isEmpty ? Int(place - position) : known)
    tail = []
    var index = 0
    while index < part.count {
      if isPacket(in: part, at: index) {
        if let begin, hasBegun { count += place + Int64(index) - begin }
        (begin, hasBegun) = (nil, true)
        index += TransportPacket.length
      } else {
        begin = begin ?? place + Int64(index)
        if part.count - index <= Self.markLength {
          tail = Array(part[index...])
          break
        }
        index += 1
      }
    }
    place += Int64(index)
  }

  /// Whether a packet begins here: behind bytes that are none, others must follow it.
  private func isPacket(in part: [UInt8], at index: Int) -> Bool {
    guard part[index] == ProgramTable.syncByte else { return false }
    if begin == nil, hasBegun { return true }
    return index + Self.markLength < part.count
      && (1...2).allSatisfy { part[index + $0 * TransportPacket.length] == ProgramTable.syncByte }
  }

  private static let markLength = 2 * TransportPacket.length
}
