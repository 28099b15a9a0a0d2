// SPDX-License-Identifier: Apache-2.0

import CFFmpeg

/// The latest bytes of a pipe: another recording may begin in those that were read last.
///
/// Used by one thread at a time.
final class PipeWindow {
  private let reader: DescriptorReader
  private var buffer: [UInt8] = []
  /// Where the first byte that is kept lies in all that the pipe sends.
  private(set) var start: Int64 = 0
  /// True once the writer has closed it.
  private(set) var isAtEnd = false

  /// Bytes that are read at a time.
  private static let pieceLength = 1 << 15

  init(of reader: DescriptorReader) {
    self.reader = reader
  }

  /// Where the next byte of the pipe lies.
  var end: Int64 { start + Int64(buffer.count) }

  /// Waits for more.
  /// - Returns: the number of bytes, or FFmpeg's code for the end, a stop or an error.
  func fill() -> Int32 {
    let count = buffer.count
    buffer.append(contentsOf: repeatElement(0, count: Self.pieceLength))
    let result = buffer.withUnsafeMutableBufferPointer { bytes in
      bytes.baseAddress.map { reader.read(into: $0 + count, count: Int32(Self.pieceLength)) } ?? 0
    }
    buffer.removeLast(Self.pieceLength - Int(max(0, result)))
    isAtEnd = result == shim_error_end_of_file()
    return result
  }

  /// The bytes from a place on that are there; none where they are kept no longer.
  func bytes(from position: Int64) -> ArraySlice<UInt8> {
    position < start || position > end ? [] : buffer[Int(position - start)...]
  }

  /// Copies bytes that are there.
  /// - Returns: their number.
  func copy(at position: Int64, into target: UnsafeMutableRawPointer, count: Int) -> Int {
    let part = bytes(from: position).prefix(count)
    part.withUnsafeBytes { bytes in
      if let base = bytes.baseAddress { target.copyMemory(from: base, byteCount: bytes.count) }
    }
    return part.count
  }

  /// Lets go of the bytes before a place, a piece at a time.
  func drop(before position: Int64) {
    let count = Int(min(position, end) - start)
    guard count >= Self.pieceLength || count == buffer.count, count > 0 else { return }
    buffer.removeFirst(count)
    start += Int64(count)
  }
}
