// SPDX-License-Identifier: Apache-2.0

import Platform

/// Whether there is a file or folder at a path.
func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// The text of a file that a person wrote. Devices, which may never end, huge files and bytes that are no text are
/// refused.
func readTaskFile(_ path: String) -> FileContents {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else { return .unreadable("\(path): \(errorText(errno))") }
  defer { close(descriptor) }
  var information = stat()
  guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
    return .unreadable("\(path) is not a file with text")
  }
  let most = 1 << 20
  guard information.st_size <= most else { return .unreadable("\(path) is larger than 1 MiB, too large for a task") }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65_536)
  while bytes.count <= most {
    let count = read(descriptor, &buffer, buffer.count)
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { return .unreadable("\(path): \(errorText(errno))") }
    if count == 0 { break }
    bytes += buffer.prefix(count)
  }
  guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
    return .unreadable("\(path) is no text in UTF-8")
  }
  return .text(text)
}
