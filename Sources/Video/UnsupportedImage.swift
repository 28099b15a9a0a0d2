// SPDX-License-Identifier: Apache-2.0

import Platform

/// Kinds of files that many versions of FFmpeg take for damaged, told by their first bytes.
struct UnsupportedImage {
  let name: String

  /// - Returns: nil for any other kind.
  init?(ofFile path: String) {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 32)
    guard read(descriptor, &bytes, bytes.count) == bytes.count else { return nil }
    func letters(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    if letters(4..<8) == "ftyp", ["heic", "heix", "heim", "heis", "mif1", "msf1"].contains(letters(8..<12)) {
      name = "HEIF"
    } else if letters(0..<4) == "RIFF", letters(8..<16) == "WEBPVP8X", bytes[20] & 2 != 0 {
      name = "animated WebP"
    } else {
      return nil
    }
  }
}
