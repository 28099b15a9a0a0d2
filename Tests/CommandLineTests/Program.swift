// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// Runs the built program as a script would, and keeps what it says.
struct Program: Sendable {
  var status: Int32
  var output: String
  var errors: String

  /// The results on standard output, one for each line.
  var records: [[String: Any]] {
    output.split(separator: "\n").compactMap {
      (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any]
    }
  }

  /// - Parameters:
  ///   - input: what standard input holds; nil closes it.
  ///   - environment: added to a small fixed environment, so that nobody's settings leak in.
  static func run(
    _ arguments: [String], input: String? = nil, environment: [String: String] = [:], folder: URL? = nil
  ) async throws -> Program {
    try await launch(executable, arguments, input: input, environment: environment, folder: folder)
  }

  /// Runs a script of the shell, in which `"$0"` is the program.
  static func shell(_ script: String, folder: URL) async throws -> Program {
    try await launch(
      URL(fileURLWithPath: "/bin/sh"), ["-c", script, executable.path], input: nil, environment: [:], folder: folder)
  }

  private static func launch(
    _ executable: URL, _ arguments: [String], input: String?, environment: [String: String], folder: URL?
  ) async throws -> Program {
    await turns.take()
    do {
      let program = try await run(
        executable, arguments, input: input, environment: environment, folder: folder)
      await turns.give()
      return program
    } catch {
      await turns.give()
      throw error
    }
  }

  /// Tests run side by side, and each program has open files. Where a process has more than a thousand, Foundation's
  /// `Process` (Swift 6.3.1) reads beyond its list of them and ends the tests.
  private static let turns = Turns(count: 16)

  private static func run(
    _ executable: URL, _ arguments: [String], input: String?, environment: [String: String], folder: URL?
  ) async throws -> Program {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.environment = ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent"].merging(environment) { $1 }
    process.currentDirectoryURL = folder ?? FileManager.default.temporaryDirectory
    let folderOfStreams = try TemporaryFolder()
    defer { withExtendedLifetime(folderOfStreams) {} }
    let scratch = folderOfStreams.url
    // Files instead of pipes: nothing blocks however much the program says.
    for name in ["in", "out", "err"] {
      try Data((name == "in" ? input ?? "" : "").utf8).write(to: scratch.appending(path: name))
    }
    let files = [
      try FileHandle(forReadingFrom: scratch.appending(path: "in")),
      try FileHandle(forWritingTo: scratch.appending(path: "out")),
      try FileHandle(forWritingTo: scratch.appending(path: "err")),
    ]
    // Foundation keeps them open with the process, which it does not let go.
    defer { for file in files { try? file.close() } }
    (process.standardInput, process.standardOutput, process.standardError) = (files[0], files[1], files[2])
    try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
      process.terminationHandler = { _ in ended.resume() }
      do { try process.run() } catch { ended.resume(throwing: error) }
    }
    return Program(
      status: process.terminationStatus,
      output: try String(contentsOf: scratch.appending(path: "out"), encoding: .utf8),
      errors: try String(contentsOf: scratch.appending(path: "err"), encoding: .utf8))
  }

  /// The checkout's top folder.
  static let checkout = Checkout.root

  static let sample = checkout.appending(path: "Assets/sample.mp4").path

  private static let executable = BuiltProgram.url(named: "edgeassist")
}

/// Lets a number of tests go on at a time, in the order in which they come.
private actor Turns {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(count: Int) { free = count }

  func take() async {
    guard free == 0 else {
      free -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  func give() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
