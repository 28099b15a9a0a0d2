// SPDX-License-Identifier: Apache-2.0

/// Why the next value could not be read.
enum ByteReaderError: Error {
  /// That many more bytes would be needed.
  case ended(missingBytes: Int)
  /// A length that no file can have.
  case impossibleLength(UInt64)
  case invalidUTF8
}

/// Reads little-endian values one after the other and never beyond the end.
struct ByteReader {
  let buffer: UnsafeRawBufferPointer
  private(set) var offset: Int

  init(_ buffer: UnsafeRawBufferPointer, from offset: Int = 0) {
    self.buffer = buffer
    self.offset = min(offset, buffer.count)
  }

  var remaining: Int { buffer.count - offset }

  mutating func integer<T: FixedWidthInteger>(_: T.Type = T.self) throws(ByteReaderError) -> T {
    let size = MemoryLayout<T>.size
    guard size <= remaining else { throw .ended(missingBytes: size - remaining) }
    defer { offset += size }
    return T(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: T.self))
  }

  mutating func skip(_ count: Int) throws(ByteReaderError) {
    guard count <= remaining else { throw .ended(missingBytes: count - remaining) }
    offset += count
  }

  /// A string's bytes: its length in 64 bits, then that many bytes.
  mutating func stringBytes() throws(ByteReaderError) -> UnsafeRawBufferPointer {
    let length = try integer(UInt64.self)
    guard length <= ByteReader.longestLength else { throw .impossibleLength(length) }
    let start = offset
    try skip(Int(length))
    return UnsafeRawBufferPointer(rebasing: buffer[start..<offset])
  }

  mutating func string() throws(ByteReaderError) -> String {
    guard let text = String(validating: try stringBytes(), as: UTF8.self) else { throw .invalidUTF8 }
    return text
  }

  /// Above this, a length is a sign of damage and not of bytes still to come: 256 TiB, what a processor can address.
  static let longestLength: UInt64 = 1 << 48
}
