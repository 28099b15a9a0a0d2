// SPDX-License-Identifier: Apache-2.0

import Platform

/// Tells image files by their first bytes. What else FFmpeg reads, a playlist above all, may have it open other files
/// and addresses, and wait for them.
enum ImageSignature {
  /// Whether a file begins as an image of a known kind does.
  static func isImage(_ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = read(descriptor, &bytes, bytes.count)
    return count > 0 && isImage(bytes.prefix(count))
  }

  private static func isImage(_ bytes: ArraySlice<UInt8>) -> Bool {
    if beginnings.contains(where: { bytes.starts(with: $0) }) { return true }
    let text = String(decoding: bytes, as: UTF8.self)
    if text.hasPrefix("RIFF") { return bytes.dropFirst(8).starts(with: "WEBP".utf8) }
    // HEIF and AVIF, in the container of MP4.
    guard bytes.dropFirst(4).starts(with: "ftyp".utf8) else { return false }
    return brands.contains { bytes.dropFirst(8).starts(with: $0.utf8) }
  }

  /// JPEG, PNG, GIF, BMP, TIFF, ICO, JPEG 2000, QOI, PNM.
  private static let beginnings: [[UInt8]] =
    [
      [0xFF, 0xD8, 0xFF], [0x89, 0x50, 0x4E, 0x47], [0x49, 0x49, 0x2A, 0x00], [0x4D, 0x4D, 0x00, 0x2A],
      [0x00, 0x00, 0x01, 0x00], [0x00, 0x00, 0x00, 0x0C, 0x6A, 0x50], [0xFF, 0x4F, 0xFF, 0x51],
    ] + ["GIF8", "BM", "qoif"].map { Array($0.utf8) } + (1...7).map { Array("P\($0)\n".utf8) }
    + (1...7).map { Array("P\($0) ".utf8) }

  private static let brands = ["avif", "avis", "heic", "heix", "heim", "heis", "mif1", "msf1"]
}
