// SPDX-License-Identifier: Apache-2.0

/// A program's table in a transport stream (ISO 13818-1, section 2.4.4.8): the kind of each of its streams.
package struct ProgramTable: Equatable, Sendable {
  /// A stream's kind, as far as it matters here.
  package enum Kind: Equatable, Sendable {
    case mpeg2, mpeg4, h264, hevc, vvc, vc1, avs
    case sound
    /// Private data, subtitles, and what a descriptor says more of.
    case other

    init(streamType: UInt8) {
      switch streamType {
      case 0x01, 0x02: self = .mpeg2
      case 0x10: self = .mpeg4
      case 0x1B: self = .h264
      case 0x24: self = .hevc
      case 0x33: self = .vvc
      case 0xEA: self = .vc1
      case 0x42: self = .avs
      case 0x03, 0x04, 0x0F, 0x11, 0x81, 0x87: self = .sound
      default: self = .other
      }
    }

    package var isVideo: Bool { self != .sound && self != .other }
  }

  /// The kind of each stream, by its PID.
  package private(set) var kinds: [Int: Kind] = [:]

  private static let packetLength = 188
  private static let syncByte: UInt8 = 0x47

  /// The first table that fulfils `condition`, in a part of a transport stream.
  ///
  /// - Parameter bytes: a part that may begin anywhere; its packets are of 188 bytes.
  /// - Returns: where to begin reading so that the table is met, in bytes from the beginning of the part: at the list
  ///   of programs before it, if there is one.
  package static func position(in bytes: [UInt8], where condition: (ProgramTable) -> Bool) -> Int? {
    guard let first = firstPacket(in: bytes) else { return nil }
    var tables: Set<Int> = []
    var list: Int?
    var section: (pid: Int, position: Int, bytes: [UInt8])?
    for start in stride(from: first, through: bytes.count - packetLength, by: packetLength) {
      guard bytes[start] == syncByte, let payload = payload(of: bytes, at: start) else { continue }
      let pid = Int(bytes[start + 1] & 0x1F) << 8 | Int(bytes[start + 2])
      let isBeginning = bytes[start + 1] & 0x40 != 0
      if pid == 0, isBeginning {
        list = start
        tables.formUnion(programs(in: sectionBytes(of: payload)))
      } else if tables.contains(pid) {
        if isBeginning {
          section = (pid, start, sectionBytes(of: payload))
        } else if section?.pid == pid {
          section?.bytes += payload
        }
        guard let candidate = section, let table = ProgramTable(section: candidate.bytes) else { continue }
        if condition(table) { return list ?? candidate.position }
        section = nil
      }
    }
    return nil
  }

  /// - Returns: nil while the section is not whole, and for another one than a program's table.
  private init?(section: [UInt8]) {
    guard section.count >= 12, section[0] == 2 else { return nil }
    let end = 3 + (Int(section[1] & 0x0F) << 8 | Int(section[2]))
    // The last four bytes are a checksum.
    guard end <= section.count, end >= 16 else { return nil }
    var place = 12 + (Int(section[10] & 0x0F) << 8 | Int(section[11]))
    while place + 5 <= end - 4 {
      let pid = Int(section[place + 1] & 0x1F) << 8 | Int(section[place + 2])
      kinds[pid] = Kind(streamType: section[place])
      place += 5 + (Int(section[place + 3] & 0x0F) << 8 | Int(section[place + 4]))
    }
  }

  /// The PIDs of the tables that a list of programs names.
  private static func programs(in section: [UInt8]) -> [Int] {
    guard section.count >= 12, section[0] == 0 else { return [] }
    let end = min(section.count, 3 + (Int(section[1] & 0x0F) << 8 | Int(section[2]))) - 4
    return stride(from: 8, to: end - 3, by: 4).compactMap { place in
      // Number 0 is the network's own table.
      guard section[place] != 0 || section[place + 1] != 0 else { return nil }
      return Int(section[place + 2] & 0x1F) << 8 | Int(section[place + 3])
    }
  }

  private static func firstPacket(in bytes: [UInt8]) -> Int? {
    (0..<min(packetLength, bytes.count)).first { first in
      (0..<5).allSatisfy { number in
        let place = first + number * packetLength
        return place >= bytes.count || bytes[place] == syncByte
      }
    }
  }

  /// The payload of the packet at `start`; nil for none.
  private static func payload(of bytes: [UInt8], at start: Int) -> ArraySlice<UInt8>? {
    let flags = bytes[start + 3]
    let begin = start + 4 + (flags & 0x20 == 0 ? 0 : 1 + Int(bytes[start + 4]))
    guard flags & 0x10 != 0, begin < start + packetLength else { return nil }
    return bytes[begin..<start + packetLength]
  }

  /// The beginning of the section that begins in a payload, behind the pointer to it.
  private static func sectionBytes(of payload: ArraySlice<UInt8>) -> [UInt8] {
    guard let pointer = payload.first else { return [] }
    return Array(payload.dropFirst(1 + Int(pointer)))
  }
}
