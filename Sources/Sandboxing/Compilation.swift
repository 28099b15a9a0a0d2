// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Records

/// How a program is compiled: by a script that ends by writing the program to its output.
struct Compilation: Sendable {
  let program: ContainedProgram
  private let sourceName: String

  /// nil for a language that is interpreted.
  init?(of source: Descriptor, language: ProgramLanguage, toolchain: Toolchain) {
    let arguments: [String]
    switch language {
    case .python: return nil
    case .c:
      sourceName = "main.c"
      arguments = ["-std=gnu17", "-O2", "-o", "main", "@/main.c", "-lm"]
    case .swift:
      sourceName = "main.swift"
      arguments = ["-O", "-module-cache-path", "modules", "-o", "main", "@/main.swift"]
    }
    // What the compiler says goes where it does not meet the program.
    let script = "\"$0\" \"$@\" 1>&2 && exec cat main"
    program = ContainedProgram(
      file: source, fileName: sourceName, command: ["/bin/sh", "-c", script, toolchain.executable] + arguments,
      environment: [], toolchain: toolchain)
  }

  /// What to tell of a compilation that failed: its first lines, which mostly cause the others.
  func message(of result: RunResult) -> String {
    switch result.end {
    case .stopped(let limit): return "the compiler took too much \(limit.rawValue)"
    case .signalled(let number): return "the compiler ended by \(signalName(number))"
    case .exited: break
    }
    let lines = result.errors.split(whereSeparator: \.isNewline).prefix(12)
    // The program's folder is of no interest.
    let pattern = try? Regex("/[^ :]*/(?=\(sourceName))")
    return lines.map { line in
      let text = pattern.map { String(line).replacing($0, with: "") } ?? String(line)
      return clipped(text, to: 199)
    }.joined(separator: "\n")
  }
}
