// SPDX-License-Identifier: Apache-2.0

/// Tells from the bytes of a transport stream (ISO 13818-1, section 2.4.3) whether a stream in it is scrambled: FFmpeg
/// passes over such packets without a word.
package struct TransportScrambling {
  /// Packets of the stream that have a payload, and how many of them are scrambled.
  package private(set) var packets = 0
  package private(set) var scrambled = 0

  /// Whether most of the stream is scrambled.
  package var isScrambled: Bool { scrambled * 2 > packets }

  /// Lengths of a packet: plain, with a time in front, with a checksum behind.
  private static let lengths = [188, 192, 204]
  private static let syncByte: UInt8 = 0x47

  /// Counts the packets in a part of the transport stream.
  ///
  /// - Parameters:
  ///   - bytes: a part that may begin anywhere.
  ///   - identifier: the stream's PID.
  package init(in bytes: [UInt8], of identifier: Int) {
    guard let (first, length) = Self.grid(of: bytes) else { return }
    for start in stride(from: first, to: bytes.count - 3, by: length) where bytes[start] == Self.syncByte {
      let hasPayload = bytes[start + 3] & 0x10 != 0
      guard Int(bytes[start + 1] & 0x1F) << 8 | Int(bytes[start + 2]) == identifier, hasPayload else { continue }
      packets += 1
      if bytes[start + 3] & 0xC0 != 0 { scrambled += 1 }
    }
  }

  /// Where the first packet begins, and how far the next one is; nil where none can be found.
  private static func grid(of bytes: [UInt8]) -> (first: Int, length: Int)? {
    for first in 0..<min(204, bytes.count) {
      for length in lengths {
        let starts = (0..<5).map { first + $0 * length }
        if starts.allSatisfy({ $0 < bytes.count && bytes[$0] == syncByte }) { return (first, length) }
      }
    }
    return nil
  }
}
