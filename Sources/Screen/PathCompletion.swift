// SPDX-License-Identifier: Apache-2.0

import Platform

/// Paths that begin with `prefix`, in alphabetical order; folders end with a slash. Hidden ones only when the prefix
/// has their dot.
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
