// SPDX-License-Identifier: Apache-2.0

import CSandbox
import Foundation
import Platform

/// A program's folder on this machine, where it has no namespace of its own: the program below `program`, the one
/// place it may write below `scratch`. Its watchdog removes it.
struct ScratchFolder: Sendable {
  let path: String

  var program: String { path + "/program" }
  var scratch: String { path + "/scratch" }

  /// `user`: who is to write there; 0: this one.
  init(user: UInt32, watchdog: Watchdog) throws(SandboxError) {
    // A name that is nobody's: the watchdog is to know it before the folder is there.
    let name = "edgeassist-program-" + String(UInt64.random(in: 0 ... .max), radix: 36)
    path = FileManager.default.temporaryDirectory.path + "/" + name
    try watchdog.keep(folder: path)
    guard mkdir(path, 0o700) == 0 else {
      let error = errno
      try watchdog.keep(folder: "")
      throw .refused("mkdir: \(path)", error)
    }
    guard mkdir(program, 0o755) == 0, mkdir(scratch, 0o700) == 0 else { throw .refused("mkdir: \(path)", errno) }
    if user != 0 {
      // Others may pass through, and see nothing.
      guard chmod(path, 0o711) == 0, chmod(program, 0o755) == 0, chown(scratch, user, user) == 0 else {
        throw .refused("chown", errno)
      }
    }
  }

  /// Writes a file of the program, which anybody may run and nobody change.
  func add(_ bytes: [UInt8], name: String) throws(SandboxError) {
    let file = program + "/" + name
    guard FileManager.default.createFile(atPath: file, contents: Data(bytes)), chmod(file, 0o555) == 0 else {
      throw .refused("write: \(file)", errno)
    }
  }
}
