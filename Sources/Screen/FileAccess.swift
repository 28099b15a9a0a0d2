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

/// Paths that begin with `prefix`, in alphabetical order; folders end with a slash. Hidden ones only when the prefix has
/// their dot.
func paths(beginningWith prefix: String, homeDirectory: String?) -> [String] {
  let slash = prefix.lastIndex(of: "/")
  let folder = slash.map { String(prefix[...$0]) } ?? ""
  let beginning = slash.map { String(prefix[prefix.index(after: $0)...]) } ?? prefix
  var path = folder.isEmpty ? "." : folder
  if path.hasPrefix("~/"), let homeDirectory { path = homeDirectory + path.dropFirst() }
  guard let directory = opendir(path) else { return [] }
  defer { closedir(directory) }
  var result: [String] = []
  while let entry = readdir(directory), result.count < 1_000 {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: entry.pointee.d_name)) {
        String(cString: $0)
      }
    }
    let isHidden = name.hasPrefix(".")
    guard name.hasPrefix(beginning), !isHidden || beginning.hasPrefix("."), name != ".", name != ".." else { continue }
    result.append(folder + name + (isDirectory(path + "/" + name) ? "/" : ""))
  }
  return result.sorted()
}

private func isDirectory(_ path: String) -> Bool {
  var information = stat()
  return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
}
