// SPDX-License-Identifier: Apache-2.0

/// Says what a file that should have been a GGUF seems to be, and what to do about it.
func describeForeignFile(_ buffer: UnsafeRawBufferPointer) -> String {
  let beginning = Array(buffer.prefix(64))
  func starts(with text: String) -> Bool { beginning.starts(with: text.utf8) }

  if starts(with: "version https://git-lfs") {
    return "it is a Git LFS pointer. Fetch the file itself (git lfs pull)."
  }
  if starts(with: "PK\u{3}\u{4}") {
    return "it is a ZIP archive, perhaps PyTorch weights. Unpack it or convert the model to GGUF."
  }
  if ["lmgg", "fmgg", "tjgg", "algg"].contains(where: starts(with:)) {
    return "it is in a format that came before GGUF. Use a newer conversion of the model."
  }
  // safetensors: the header's length in 64 bits, then JSON.
  if beginning.count > 9, beginning[8] == UInt8(ascii: "{") {
    return "it looks like safetensors. Convert the model to GGUF."
  }
  let text = String(decoding: beginning, as: UTF8.self)
  if text.lowercased().contains("<html") || text.lowercased().contains("<!doctype") {
    return "it is a web page. Download the file itself."
  }
  let shown = beginning.prefix(16)
  if shown.allSatisfy({ (0x20..<0x7F).contains($0) || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) {
    let line = String(decoding: shown, as: UTF8.self).split(whereSeparator: \.isNewline).first ?? ""
    return "it is text that starts with “\(line)”. Name a .gguf file."
  }
  let digits = shown.prefix(8).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
  return "it starts with the bytes \(digits.joined(separator: " ")). Name a .gguf file."
}
