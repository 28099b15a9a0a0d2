// SPDX-License-Identifier: Apache-2.0

/// The printable stand-ins with which byte-level BPE vocabularies spell bytes.
///
/// The alphabet is that of GPT-2: a byte that is a printable character in Latin-1 stands for itself; the other 68, in
/// ascending order, are the code points from U+0100 on. A space, for one, is spelt `Ġ`.
package enum ByteLevelAlphabet {
  /// The byte that a code point stands for; -1 where it stands for none.
  private static let byteOfScalar: [Int16] = {
    var table = [Int16](repeating: -1, count: 256 + 68)
    var substitute = 256
    for byte in 0..<256 {
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF:
        table[byte] = Int16(byte)
      default:
        table[substitute] = Int16(byte)
        substitute += 1
      }
    }
    return table
  }()

  /// The stand-ins of all bytes, those that stand for themselves first: the order in which vocabularies begin.
  package static let scalars: [Unicode.Scalar] = {
    let placed = byteOfScalar.indices.filter { byteOfScalar[$0] >= 0 }
    // All lie below the surrogates.
    return placed.compactMap { Unicode.Scalar($0) }
  }()

  /// Appends the bytes that a vocabulary entry spells. An entry with any character outside the alphabet stands for its
  /// own UTF-8 bytes, as in the reference's decoder.
  static func appendBytes(spelling utf8: Span<UInt8>, to bytes: inout [UInt8]) {
    let start = bytes.count
    var index = 0
    while index < utf8.count {
      var scalar = Int(utf8[index])
      index += 1
      // The whole alphabet is spelt with one or two bytes of UTF-8.
      if scalar >= 0xC0, index < utf8.count {
        scalar = (scalar & 0x3F) << 6 | Int(utf8[index] & 0x3F)
        index += 1
      }
      guard scalar < byteOfScalar.count, byteOfScalar[scalar] >= 0 else {
        bytes.removeSubrange(start...)
        appendLiteral(utf8, to: &bytes)
        return
      }
      bytes.append(UInt8(byteOfScalar[scalar]))
    }
  }

  static func appendLiteral(_ utf8: Span<UInt8>, to bytes: inout [UInt8]) {
    for index in utf8.indices { bytes.append(utf8[index]) }
  }
}
