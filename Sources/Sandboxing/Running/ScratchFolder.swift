// SPDX-License-Identifier: Apache-2.0

import CSandbox
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
    guard csb_remove_tree(path) != 0 else { return }
    // Looking into a folder takes a descriptor, and there may be none left. Empty folders go without.
    for folder in [program, scratch, path] { rmdir(folder) }
  }

  /// Writes a file of the program, which anybody may run and nobody change.
  func add(_ bytes: [UInt8], name: String) throws(SandboxError) {
    let file = program + "/" + name
    guard FileManager.default.createFile(atPath: file, contents: Data(bytes)), chmod(file, 0o555) == 0 else {
      throw .system(call: "write", detail: "\(file): \(errorText(errno))")
    }
  }
}
