// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A way to contain programs, the strongest first.
package enum ContainmentWay: String, Sendable, CaseIterable {
  /// Bubblewrap started by root, which needs no user namespace; the program is a user that nobody else is.
  case namespacesAsOtherUser
  /// Bubblewrap within a user namespace, which is how anybody may use it.
  case namespacesOfUser
  /// Landlock, a filter of system calls and limits.
  case limitsOnly
  /// Limits alone.
  case unsafe
}

/// True if the kernel counts no processes of this user against limits. It does not for the machine's real root, whose
/// programs must therefore become somebody else: only watched, a program that forks without end outgrows its watcher.
func isExemptFromProcessLimits() -> Bool {
  guard geteuid() == 0 else { return false }
  let map = (try? String(contentsOfFile: "/proc/self/uid_map", encoding: .utf8)) ?? ""
  let numbers = map.split(whereSeparator: \.isWhitespace)
  return numbers.count < 2 || numbers[1] == "0"
}

/// One program to be run: its file, how to begin it and what it may read besides the system.
struct ContainedProgram: Sendable {
  /// The program's one file and its name.
  var file: Descriptor
  var fileName: String
  /// Tool and arguments; `@` at the beginning of one stands for the folder of the program's file.
  var command: [String]
  var environment: [String]
  var toolchain: Toolchain?

  /// The command for a program's folder that lies at `path`.
  func command(in path: String) -> [String] {
    command.map { $0.hasPrefix("@") ? path + $0.dropFirst() : $0 }
  }
}

/// What every program finds in its environment, with `home` as the one place it may write.
func basicEnvironment(home: String) -> [String] {
  [
    "PATH=/usr/local/bin:/usr/bin:/bin", "HOME=\(home)", "TMPDIR=\(home)", "LANG=C.UTF-8",
    // The same output in every run, and nothing written beside a read-only program.
    "PYTHONHASHSEED=0", "PYTHONDONTWRITEBYTECODE=1",
    // A crash is told by its signal; a trace of addresses says nothing more.
    "SWIFT_BACKTRACE=enable=no",
  ]
}
