// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Records

/// How a program is compiled: by a script that ends by writing the program to its output. A program in Python is only
/// read, so that an error of its syntax is known for one, whatever the program says of itself when it runs.
struct Compilation: Sendable {
  let program: ContainedProgram
  private let sourceName: String

  init(of source: Descriptor, language: ProgramLanguage, toolchain: Toolchain) {
    let arguments: [String]
    // The compiler's messages go where they do not meet the program.
    var script = "\"$0\" \"$@\" 1>&2 && exec cat main"
    switch language {
    case .python:
      sourceName = "main.py"
      let reading = "import sys; compile(open(sys.argv[1], 'rb').read(), 'main.py', 'exec', dont_inherit=True)"
      arguments = ["-I", "-S", "-c", reading, "@/main.py"]
      script = "exec \"$0\" \"$@\""
    case .c:
      sourceName = "main.c"
      arguments = ["-std=gnu17", "-O2", "-o", "main", "@/main.c", "-lm"]
    case .swift:
      sourceName = "main.swift"
      arguments = ["-O", "-module-cache-path", "modules", "-o", "main", "@/main.swift"]
    }
    program = ContainedProgram(
      file: source, fileName: sourceName, command: ["/bin/sh", "-c", script, toolchain.executable] + arguments,
      environment: [], toolchain: toolchain)
  }

  /// The message of a compilation that failed: its first lines, which mostly cause the others.
  func message(of result: RunResult) -> String {
    switch result.end {
    case .stopped(let limit): return "the compiler \(limit.excess)"
    case .signalled(let number): return "the compiler ended by \(signalName(number))"
    case .exited: break
    }
    // Python shows its own first lines of the trace; the last ones say where the program is wrong.
    if sourceName == "main.py" { return result.lastLines(4) }
    let lines = result.errors.split(whereSeparator: \.isNewline).prefix(12)
    return lines.map { clipped(withoutFolders($0, before: sourceName), to: 199) }.joined(separator: "\n")
  }
}

/// A compiler's line without the folder before a file's name, which is of no interest. In one pass: the line is the
/// program's as much as the compiler's.
package func withoutFolders(_ line: Substring, before name: String) -> String {
  var result: [UInt8] = []
  // Where the path begins that the line goes on with.
  var pathStart: Int?
  var isAtName = false
  let name = Array(name.utf8)
  let bytes = Array(line.utf8)
  for (index, byte) in bytes.enumerated() {
    if isAtName, bytes[index...].starts(with: name), let start = pathStart { result.removeSubrange(start...) }
    isAtName = byte == UInt8(ascii: "/")
    if byte == UInt8(ascii: " ") || byte == UInt8(ascii: ":") {
      pathStart = nil
    } else if isAtName, pathStart == nil {
      pathStart = result.count
    }
    result.append(byte)
  }
  return String(decoding: result, as: UTF8.self)
}
