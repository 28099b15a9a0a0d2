// SPDX-License-Identifier: Apache-2.0

/// A program's table in a transport stream (ISO 13818-1, section 2.4.4.8): the kind of each of its streams.
struct ProgramTable: Equatable, Sendable {
  /// A stream's kind, as far as it matters here.
  enum Kind: Equatable, Sendable {
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

    var isVideo: Bool { self != .sound && self != .other }
  }

  static let syncByte: UInt8 = 0x47

  /// The kind of each stream, by its PID.
  private var kinds: [Int: Kind] = [:]

  /// - Returns: nil while the section is not whole, and for another one than a program's table.
  init?(section: [UInt8]) {
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

  /// Whether this cannot be a later table of the same recording: a video has another codec, or all go on in other
  /// streams.
  func contradicts(_ former: ProgramTable) -> Bool {
    let videos = kinds.filter(\.value.isVideo)
    let formerVideos = former.kinds.filter(\.value.isVideo)
    guard !videos.isEmpty, !formerVideos.isEmpty else { return false }
    return formerVideos.allSatisfy { videos[$0.key] == nil }
      || formerVideos.contains { pid, kind in videos[pid].map { $0 != kind } ?? false }
  }

  /// The PIDs of the tables that a list of programs names (section 2.4.4.3).
  static func programs(in section: [UInt8]) -> [Int] {
    guard section.count >= 12, section[0] == 0 else { return [] }
    let end = min(section.count, 3 + (Int(section[1] & 0x0F) << 8 | Int(section[2]))) - 4
    return stride(from: 8, to: end - 3, by: 4).compactMap { place in
      // Number 0 is the network's own table.
      guard section[place] != 0 || section[place + 1] != 0 else { return nil }
      return Int(section[place + 2] & 0x1F) << 8 | Int(section[place + 3])
    }
  }
}
