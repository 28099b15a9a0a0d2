// SPDX-License-Identifier: Apache-2.0

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

/// The environment of every program, with `home` as the one place it may write.
func basicEnvironment(home: String) -> [String] {
  [
    "PATH=/usr/local/bin:/usr/bin:/bin", "HOME=\(home)", "TMPDIR=\(home)", "LANG=C.UTF-8",
    // The same output in every run, and nothing written beside a read-only program.
    "PYTHONHASHSEED=0", "PYTHONDONTWRITEBYTECODE=1",
    // A crash is told by its signal; a trace of addresses says nothing more.
    "SWIFT_BACKTRACE=enable=no",
  ]
}
