// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform

/// A program's folder on this machine, where it has no namespace of its own: the program below `program`, the one
/// place it may write below `scratch`. It goes with its owner.
final class ScratchFolder: Sendable {
  let path: String

  var program: String { path + "/program" }
  var scratch: String { path + "/scratch" }

  /// `user`: who is to write there; 0: this one.
  init(user: UInt32) throws(SandboxError) {
    let pattern = FileManager.default.temporaryDirectory.path + "/edgeassist-program-XXXXXX"
    var bytes = Array(pattern.utf8CString)
    guard mkdtemp(&bytes) != nil else { throw .system(call: "mkdtemp", detail: errorText(errno)) }
    path = String(decoding: bytes.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    guard mkdir(program, 0o755) == 0, mkdir(scratch, 0o700) == 0 else {
      throw .system(call: "mkdir", detail: errorText(errno))
    }
    if user != 0 {
      // Others may pass through, and see nothing.
      guard chmod(path, 0o711) == 0, chown(scratch, user, user) == 0 else {
        throw .system(call: "chown", detail: errorText(errno))
      }
    }
  }

  deinit {
    guard (try? FileManager.default.removeItem(atPath: path)) == nil else { return }
    // The program may have closed folders of its own to everybody.
    Self.visit(path, entries: .max) { entry in
      if entry.isFolder { chmod(entry.path, 0o700) }
    }
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Writes a file of the program, which anybody may run and nobody change.
  func add(_ bytes: [UInt8], name: String) throws(SandboxError) {
    let file = program + "/" + name
    guard FileManager.default.createFile(atPath: file, contents: Data(bytes)), chmod(file, 0o555) == 0 else {
      throw .system(call: "write", detail: "\(file): \(errorText(errno))")
    }
  }

  /// Bytes on disk below a folder; a folder of very many entries counts as endless.
  static func size(of folder: String) -> Int {
    let mostEntries = 10_000
    var bytes = 0
    let entries = visit(folder, entries: mostEntries) { bytes += $0.bytesOnDisk }
    return entries < mostEntries ? bytes : .max
  }

  private struct Entry {
    var path: String
    var isFolder: Bool
    var bytesOnDisk: Int
  }

  /// Visits what is below a folder, each folder before its contents, without following links. Returns how many entries
  /// there were, up to `entries`.
  @discardableResult
  private static func visit(_ folder: String, entries: Int, _ body: (Entry) -> Void) -> Int {
    var folders = [folder]
    var count = 0
    while let folder = folders.popLast() {
      guard let stream = opendir(folder) else { continue }
      defer { closedir(stream) }
      while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if name == "." || name == ".." { continue }
        var status = stat()
        let path = folder + "/" + name
        guard lstat(path, &status) == 0 else { continue }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        body(Entry(path: path, isFolder: isFolder, bytesOnDisk: Int(status.st_blocks) * 512))
        if isFolder { folders.append(path) }
        count += 1
        if count >= entries { return count }
      }
    }
    return count
  }
}
