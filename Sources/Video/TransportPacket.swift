// SPDX-License-Identifier: Apache-2.0

/// A packet of a transport stream (ISO 13818-1, section 2.4.3).
struct TransportPacket {
  static let length = 188

  let stream: Int
  /// Whether a section, or a packet of a stream, begins in it.
  let isBeginning: Bool
  let counter: UInt8
  /// nil for none.
  let payload: ArraySlice<UInt8>?
  /// The clock of its program in ticks of 1/90000 s, modulo 2³³; nil where it says none.
  let clock: Int64?

  /// - Parameter bytes: 188 of them.
  init?(_ bytes: ArraySlice<UInt8>) {
    guard bytes.count == Self.length, bytes.byte(0) == ProgramTable.syncByte, bytes.byte(1) & 0x80 == 0 else {
      return nil
    }
    stream = Int(bytes.byte(1) & 0x1F) << 8 | Int(bytes.byte(2))
    isBeginning = bytes.byte(1) & 0x40 != 0
    let flags = bytes.byte(3)
    counter = flags & 0x0F
    let fieldLength = flags & 0x20 == 0 ? nil : Int(bytes.byte(4))
    let begin = 4 + (fieldLength.map { $0 + 1 } ?? 0)
    payload = flags & 0x10 != 0 && begin < Self.length ? bytes.dropFirst(begin) : nil
    let hasClock = (fieldLength ?? 0) >= 7 && bytes.byte(5) & 0x10 != 0
    clock = hasClock ? bytes.bigEndian(at: 6, count: 5) >> 7 : nil
  }

  /// The first of packets that follow each other, within the first 188 bytes; nil for none.
  static func first(in bytes: ArraySlice<UInt8>) -> Int? {
    (0..<length).first { areThere(in: bytes.dropFirst($0)) }
  }

  /// Whether the bytes begin with packets, the first of which holds the list of programs or that of services: what
  /// recordings begin with.
  static func isBeginning(of bytes: ArraySlice<UInt8>) -> Bool {
    guard areThere(in: bytes), let packet = TransportPacket(bytes.prefix(length)) else { return false }
    return [0, 17].contains(packet.stream) && packet.isBeginning
  }

  /// Whether the bytes begin with packets that follow each other.
  static func areThere(in bytes: ArraySlice<UInt8>) -> Bool {
    (0..<5).allSatisfy { $0 * length < bytes.count && bytes.byte($0 * length) == ProgramTable.syncByte }
  }
}
