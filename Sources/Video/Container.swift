// SPDX-License-Identifier: Apache-2.0

/// Containers of which the bytes tell where a recording begins and how it goes on.
enum Container: Equatable, Sendable {
  case isoMedia, matroska, avi, asf, flash, ogg, transportStream

  /// Bytes that the functions here look at.
  static let headLength = 1 << 12
  /// Bytes that tell a header from others: that of a transport stream are packets in a row.
  static let longestMark = 5 * TransportPacket.length

  /// The container whose header the bytes begin with; nil for none.
  init?(headerOf bytes: ArraySlice<UInt8>) {
    guard let first = bytes.first else { return nil }
    switch first {
    case 0x1A where bytes.starts(with: [0x1A, 0x45, 0xDF, 0xA3]):
      let header = bytes.prefix(Self.longestDocumentHeader)
      guard header.contains("matroska".utf8) || header.contains("webm".utf8) else { return nil }
      self = .matroska
    case UInt8(ascii: "R") where bytes.starts(with: "RIFF".utf8) && bytes.dropFirst(8).starts(with: "AVI ".utf8):
      self = .avi
    case 0x30 where bytes.starts(with: Self.asfHeader):
      // Before packets it is one that a sender has repeated.
      let length = bytes.littleEndian(at: 16, count: 8)
      let follower = length < Self.headLength ? bytes.dropFirst(Int(length)).prefix(Self.asfData.count) : []
      guard follower.count < Self.asfData.count || [Self.asfData, Self.asfHeader].contains(Array(follower)) else {
        return nil
      }
      self = .asf
    case UInt8(ascii: "F") where bytes.starts(with: Array("FLV".utf8) + [1]):
      // Flags for sound and video, and the header's length.
      guard bytes.count >= 9, bytes.byte(4) & 0xFA == 0, bytes.bigEndian(at: 5, count: 4) == 9 else { return nil }
      self = .flash
    case UInt8(ascii: "O") where bytes.starts(with: Array("OggS".utf8) + [0, 2]):
      self = .ogg
    case ProgramTable.syncByte where TransportPacket.isBeginning(of: bytes):
      self = .transportStream
    default:
      guard bytes.count >= 8, bytes.byte(4) == UInt8(ascii: "f"), bytes.dropFirst(4).starts(with: "ftyp".utf8),
        (8...4096).contains(bytes.bigEndian(at: 0, count: 4))
      else { return nil }
      self = .isoMedia
    }
  }

  /// Whether a header, or a page or packet behind other bytes, may have these bytes: most of a file has not.
  static func mayBegin(with first: UInt8, fifth: UInt8) -> Bool {
    switch first {
    case 0x1A, 0x30, ProgramTable.syncByte, UInt8(ascii: "F"), UInt8(ascii: "O"), UInt8(ascii: "R"): true
    default: fifth == UInt8(ascii: "f")
    }
  }

  /// Whether a recording may go on with this byte, behind bytes that are not part of it.
  func mayGoOn(with first: UInt8) -> Bool {
    switch self {
    case .matroska: first == 0x1F
    case .flash: [8, 9, 18].contains(first)
    case .ogg, .transportStream, .isoMedia, .avi, .asf: false
    }
  }

  static let longestDocumentHeader = 80
  static let longestPageHeader = 282
  private static let asfHeader: [UInt8] = [
    0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, 0xA6, 0xD9, 0x00, 0xAA, 0x00, 0x62, 0xCE, 0x6C,
  ]

  private static let asfData: [UInt8] = [
    0x36, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, 0xA6, 0xD9, 0x00, 0xAA, 0x00, 0x62, 0xCE, 0x6C,
  ]

  /// Whether a header of ASF is that of a broadcast, or does not say.
  static func isBroadcast(_ header: ArraySlice<UInt8>) -> Bool {
    guard let properties = header.firstRange(of: fileProperties)?.lowerBound, properties + 88 < header.endIndex else {
      return true
    }
    return header[properties + 88] & 1 != 0
  }

  private static let fileProperties: [UInt8] = [
    0xA1, 0xDC, 0xAB, 0x8C, 0x47, 0xA9, 0xCF, 0x11, 0x8E, 0xE4, 0x00, 0xC0, 0x0C, 0x20, 0x53, 0x65,
  ]

  /// How far an element reaches, in bytes.
  enum Element: Equatable {
    case measured(Int64)
    /// It says how far, but has a name that other bytes may have too: what follows it must be part of the recording.
    case doubtful(Int64)
    /// It does not say how far: only what it begins with, which has this length, is passed over. FFmpeg goes on behind
    /// bytes in it that it does not know.
    case entered(Int64)
    /// It does not say how far, and what it holds cannot be followed.
    case unmeasured
  }

  /// The element that the bytes begin with; nil for bytes that are no element of this container.
  ///
  /// - Parameter isEntered: whether an element that does not say how far it reaches was entered.
  func element(in bytes: ArraySlice<UInt8>, isEntered: Bool) -> Element? {
    switch self {
    case .isoMedia: Self.box(in: bytes)
    case .matroska: Self.documentElement(in: bytes, isEntered: isEntered)
    case .avi: Self.chunk(in: bytes)
    case .asf: Self.object(in: bytes)
    case .flash: Self.tag(in: bytes)
    case .ogg: Self.page(in: bytes)
    case .transportStream: nil
    }
  }

  /// Whether a recording goes on at a place behind bytes that are not part of it.
  func goesOn(in bytes: ArraySlice<UInt8>) -> Bool {
    switch self {
    case .ogg: Self.page(in: bytes) != nil
    case .transportStream: TransportPacket.areThere(in: bytes)
    case .matroska: Self.isCluster(bytes)
    case .flash: Self.isWholeTag(bytes)
    case .isoMedia, .avi, .asf: false
    }
  }

  /// A box (ISO 14496-12, section 4.2).
  private static func box(in bytes: ArraySlice<UInt8>) -> Element? {
    let type = bytes.dropFirst(4).prefix(4)
    guard bytes.count >= 8, type.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return nil }
    let length: Int64
    switch bytes.bigEndian(at: 0, count: 4) {
    // To the end of the file.
    case 0: length = .max
    case 1: length = bytes.bigEndian(at: 8, count: 8)
    case let short: length = short
    }
    guard length >= 8 else { return nil }
    return boxTypes.contains(String(decoding: type, as: UTF8.self)) ? .measured(length) : .doubtful(length)
  }

  /// Types of the boxes that are in no other one (ISO 14496-12, section 6.2.3; QuickTime File Format).
  private static let boxTypes: Set<String> = [
    "ftyp", "styp", "pdin", "moov", "moof", "mfra", "mdat", "imda", "free", "skip", "wide", "junk", "meta", "meco",
    "udta", "uuid", "sidx", "ssix", "prft", "emsg", "pnot", "PICT",
  ]

  /// An element of EBML (RFC 8794, section 5). Those of unknown length, which only a segment and a cluster may have,
  /// are entered: elsewhere than in a cluster, a name of one byte is taken for other bytes.
  private static func documentElement(in bytes: ArraySlice<UInt8>, isEntered: Bool) -> Element? {
    guard bytes.count >= 12, bytes.byte(0) >= 0x10 else { return nil }
    let nameLength = bytes.byte(0).leadingZeroBitCount + 1
    let name = bytes.bigEndian(at: 0, count: nameLength)
    let sizeLength = bytes.byte(nameLength).leadingZeroBitCount + 1
    guard sizeLength <= 8, documentElements.contains(name) || isEntered && clusterElements.contains(name) else {
      return nil
    }
    let header = Int64(nameLength + sizeLength)
    let mask = Int64(1) << Int64(7 * sizeLength) - 1
    let size = bytes.bigEndian(at: nameLength, count: sizeLength) & mask
    if size == mask { return name == segment || name == cluster ? .entered(header) : nil }
    return .measured(header + size)
  }

  private static let segment: Int64 = 0x1853_8067
  private static let cluster: Int64 = 0x1F43_B675
  /// Of a document and of a segment (RFC 9559, section 5).
  private static let documentElements: Set<Int64> = [
    0x1A45_DFA3, segment, 0xEC, 0xBF, cluster, 0x114D_9B74, 0x1549_A966, 0x1654_AE6B, 0x1C53_BB6B, 0x1254_C367,
    0x1043_A770, 0x1941_A469,
  ]
  private static let clusterElements: Set<Int64> = [0xE7, 0xA3, 0xA0, 0xA7, 0xAB, 0xAF, 0x5854]

  private static func isCluster(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.bigEndian(at: 0, count: 4) == cluster && documentElement(in: bytes, isEntered: false) != nil
  }

  /// A chunk of RIFF, of an even length.
  private static func chunk(in bytes: ArraySlice<UInt8>) -> Element? {
    guard bytes.count >= 8, bytes.prefix(4).allSatisfy({ (0x20..<0x7F).contains($0) }) else { return nil }
    let isKnown = chunks.contains(String(decoding: bytes.prefix(4), as: UTF8.self))
    let length = bytes.littleEndian(at: 4, count: 4)
    guard length > 0, length < Int64(UInt32.max) else {
      // A recorder that was switched off has left the length of the whole empty.
      return isKnown ? .unmeasured : nil
    }
    return isKnown ? .measured(8 + length + length % 2) : .doubtful(8 + length + length % 2)
  }

  /// Names of the chunks that are in no other one (Microsoft's AVI RIFF File Reference; OpenDML).
  private static let chunks: Set<String> = ["RIFF", "LIST", "JUNK", "junk", "idx1"]

  /// An object of ASF: a name of 16 bytes, then the length.
  private static func object(in bytes: ArraySlice<UInt8>) -> Element? {
    guard bytes.count >= 24 else { return nil }
    let length = bytes.littleEndian(at: 16, count: 8)
    // A sender that does not know how long it will be says 0, or the length without any packet.
    if bytes.starts(with: asfData), length <= 50 { return .unmeasured }
    return (24..<1 << 50).contains(length) ? .measured(length) : nil
  }

  /// A tag of FLV with the length that follows it, or the file's header.
  private static func tag(in bytes: ArraySlice<UInt8>) -> Element? {
    guard bytes.count >= 11 else { return nil }
    if bytes.starts(with: "FLV".utf8) { return .entered(13) }
    guard [8, 9, 18].contains(bytes.byte(0)), bytes.bigEndian(at: 8, count: 3) == 0 else { return nil }
    return .measured(15 + bytes.bigEndian(at: 1, count: 3))
  }

  /// Whether a tag is followed by its length.
  private static func isWholeTag(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard bytes.count >= 11, bytes.byte(0) < 0x20, case .measured(let length)? = tag(in: bytes) else { return false }
    return length <= Int64(bytes.count) && bytes.bigEndian(at: Int(length) - 4, count: 4) == length - 4
  }

  /// A page of Ogg (RFC 3533, section 6).
  private static func page(in bytes: ArraySlice<UInt8>) -> Element? {
    guard bytes.count >= 27, bytes.starts(with: Array("OggS".utf8) + [0]) else { return nil }
    let segments = Int(bytes.byte(26))
    return .measured(27 + Int64(segments) + bytes.dropFirst(27).prefix(segments).reduce(0) { $0 + Int64($1) })
  }
}

extension ArraySlice<UInt8> {
  /// The byte at a place counted from the slice's own beginning.
  func byte(_ place: Int) -> UInt8 { self[startIndex + place] }

  /// An unsigned number, whose first bit is left out where it has eight bytes; 0 where the bytes do not reach so far.
  func bigEndian(at place: Int, count: Int) -> Int64 {
    guard place + count <= self.count else { return 0 }
    return dropFirst(place).prefix(count).reduce(0) { ($0 << 8 | Int64($1)) & .max }
  }

  func littleEndian(at place: Int, count: Int) -> Int64 {
    guard place + count <= self.count else { return 0 }
    return dropFirst(place).prefix(count).reversed().reduce(0) { ($0 << 8 | Int64($1)) & .max }
  }

  fileprivate func contains(_ text: String.UTF8View) -> Bool { firstRange(of: Array(text)) != nil }
}
