// SPDX-License-Identifier: Apache-2.0

import CFFmpeg

/// The fault of a source that gives no frames, or no more.
extension MediaInput {
  /// Why no frame came.
  /// - Parameter reason: why the source broke off, if it did.
  func errorWithoutImage(after reason: String?) -> VideoError {
    let name = source.displayName
    if !isLive, !isSeekable, String(cString: format.pointee.iformat.pointee.name).hasPrefix("mov,") {
      return .indexAtEnd(source: name)
    }
    if isEncrypted || Self.isScrambled(format, at: .beginning, interrupt: handles.interrupt) {
      return .encrypted(source: name)
    }
    if let reason { return .unreachable(source: name, detail: reason) }
    if case .file(let path) = source, let kind = UnsupportedImage(ofFile: path) {
      return .unsupportedCodec(source: name, codec: kind.name)
    }
    let detail = damage.total == 0 ? "" : "damaged packets: \(damage.total)"
    return .noImage(source: name, detail: readFailure ?? detail)
  }

  /// The fault at the end of a file, and whether that is encryption; nil for none.
  /// - Parameter line: what FFmpeg has logged; "" for nothing.
  func failureAtEnd(line: String) -> (reason: String, isEncrypted: Bool)? {
    if goesOnInOtherStream { return (Self.otherStream, isEncrypted) }
    if !line.isEmpty { return (line, isEncrypted) }
    if let missingBytes { return (missingBytes, isEncrypted) }
    guard Self.isScrambled(format, at: .end, interrupt: handles.interrupt) else { return nil }
    return ("the rest is encrypted", true)
  }

  /// How much of a source of known size has come, where it ended before that; nil where it did not.
  var missingBytes: String? {
    guard let bytes = format.pointee.pb, avio_feof(bytes) != 0 else { return nil }
    // What has come, read or not: an index at the end may be left unread.
    let (came, size) = (bytes.pointee.pos, avio_size(bytes))
    return came < size ? "\(came) of \(size) bytes came" : nil
  }
}
