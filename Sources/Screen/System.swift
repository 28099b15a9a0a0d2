// SPDX-License-Identifier: Apache-2.0

import Platform

/// The environment of this process.
public enum ProcessEnvironment {
  public static var current: [String: String] {
    var result: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if pair.count == 2 { result[String(pair[0])] = String(pair[1]) }
      entry += 1
    }
    return result
  }
}

func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// The text of a file that a person wrote: no device that never ends, nothing huge, nothing that is no text.
func readTaskFile(_ path: String) -> FileContents {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else { return .unreadable("\(path): \(String(cString: strerror(errno)))") }
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
    guard count >= 0 else { return .unreadable("\(path): \(String(cString: strerror(errno)))") }
    if count == 0 { break }
    bytes += buffer.prefix(count)
  }
  guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
    return .unreadable("\(path) is no text in UTF-8")
  }
  return .text(text)
}

/// Files whose names begin so, folders with a slash behind them, in alphabetical order. Hidden ones only when asked
/// for by their dot.
func paths(beginningWith prefix: String, homeDirectory: String?) -> [String] {
  let slash = prefix.lastIndex(of: "/")
  let folder = slash.map { String(prefix[...$0]) } ?? ""
  let beginning = slash.map { String(prefix[prefix.index(after: $0)...]) } ?? prefix
  var place = folder.isEmpty ? "." : folder
  if place.hasPrefix("~/"), let homeDirectory { place = homeDirectory + place.dropFirst() }
  guard let directory = opendir(place) else { return [] }
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
    result.append(folder + name + (isDirectory(place + "/" + name) ? "/" : ""))
  }
  return result.sorted()
}

private func isDirectory(_ path: String) -> Bool {
  var information = stat()
  return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
}
