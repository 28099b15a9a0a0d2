// SPDX-License-Identifier: Apache-2.0

import CFFmpeg

/// Scrambled video of transport streams, which FFmpeg passes over: the bytes tell.
extension MediaInput {
  /// Where the bytes are looked at.
  enum Place {
    /// At the beginning of a file, or at what a live source sends next.
    case beginning
    /// At the end of a file.
    case end
  }

  /// Whether most of the video is scrambled there. Nothing may be read of a live source afterwards.
  static func isScrambled(
    _ format: UnsafeMutablePointer<AVFormatContext>, at place: Place, interrupt: IOInterrupt
  ) -> Bool {
    guard mayJoin(format), String(cString: format.pointee.iformat.pointee.name) == "mpegts",
      let bytes = format.pointee.pb
    else { return false }
    let isSeekable = bytes.pointee.seekable & Int32(AVIO_SEEKABLE_NORMAL) != 0
    let count = isSeekable ? longPart : shortPart
    interrupt.setDeadline(in: patience)
    defer { interrupt.setDeadline(in: nil) }
    switch place {
    case .beginning:
      if isSeekable, avio_seek(bytes, 0, SEEK_SET) < 0 { return false }
      forgetTimeOut(of: bytes)
    case .end:
      let size = avio_size(bytes)
      guard isSeekable, size > 0, avio_seek(bytes, max(0, size - Int64(count)), SEEK_SET) >= 0 else { return false }
    }
    var part = [UInt8](repeating: 0, count: count)
    let read = avio_read(bytes, &part, Int32(count))
    guard read > 0 else { return false }
    part.removeLast(count - Int(read))
    return (0..<format.pointee.nb_streams).contains { index in
      guard let stream = shim_stream(format, index), isVideo(stream) else { return false }
      return TransportScrambling(in: part, of: Int(stream.pointee.id)).isScrambled
    }
  }

  /// Bytes that are looked at, of a file and of a live source.
  private static let longPart = 1 << 18
  private static let shortPart = 1 << 16
  /// Seconds for which a live source is waited for.
  private static let patience = 2.0
}
