// SPDX-License-Identifier: Apache-2.0

import Foundation
import Sandboxing
import TestSupport

/// A process that runs a program in a sandbox (`SandboxHolder`), in a folder for temporary files and with a bubblewrap
/// of its own, so that what it leaves behind is known for its own.
final class Holder: Sendable {
  /// In the command lines of what its programs start.
  let mark = "33\(Int.random(in: 100_000...999_999)).5"
  private let process = Process()
  private let output = Pipe()
  private let folder: TemporaryFolder

  /// - Parameter program: in Python; `MARK` stands for the mark.
  init(_ way: ContainmentWay, _ program: String, wallSeconds: Double = 600) throws {
    folder = try TemporaryFolder()
    let file = try folder.write(program.replacingOccurrences(of: "MARK", with: mark), to: "program.py")
    for name in ["tmp", "bin"] {
      try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: true)
    }
    var environment = ProcessInfo.processInfo.environment
    let search = environment["PATH"] ?? "/usr/bin:/bin"
    if let installed = search.split(separator: ":").map({ $0 + "/bwrap" }).first(where: {
      FileManager.default.isExecutableFile(atPath: String($0))
    }) {
      try FileManager.default.copyItem(atPath: String(installed), toPath: folder.path("bin/bwrap"))
    }
    environment["PATH"] = folder.path("bin") + ":" + search
    environment["TMPDIR"] = folder.path("tmp")
    process.environment = environment
    process.executableURL = BuiltProgram.url(named: "SandboxHolder")
    process.arguments = [way.rawValue, file, String(wallSeconds)]
    process.standardOutput = output
    try process.run()
  }

  /// Ways of containment that can be had here, each with another kind of process to be ended.
  static let ways: [ContainmentWay] = {
    var ways: [ContainmentWay] = []
    if Sandboxes.haveLandlock { ways.append(.landlock) }
    if Sandboxes.haveNamespaces { ways.append(geteuid() == 0 ? .namespacesAsOtherUser : .namespacesOfUser) }
    return ways
  }()

  /// Processes that its programs started and that bear the mark.
  var marked: [Int] { processes(holding: mark) }
  /// What is left of it.
  var remains: [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path("tmp"))) ?? []
    let left = Set(marked + processes(holding: folder.path("bin/bwrap")))
    return files + left.subtracting([Int(process.processIdentifier)]).map(String.init)
  }

  /// The number of its process.
  var number: Int { Int(process.processIdentifier) }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// Waits for its end and returns what it said.
  func said() -> String {
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }

  deinit {
    kill(process.processIdentifier, SIGCONT)
    kill(process.processIdentifier, SIGKILL)
  }
}

/// The state of a process: `S` sleeps, `T` is stopped; nil if it is gone.
func state(of process: Int) -> Character? {
  let text = FileManager.default.contents(atPath: "/proc/\(process)/stat").map { String(decoding: $0, as: UTF8.self) }
  return text?.split(separator: ")").last?.first { $0 != " " }
}

/// Waits for half a minute at most.
func waitUntil(_ isSo: () -> Bool) async throws {
  for _ in 0..<600 {
    if isSo() { return }
    try await Task.sleep(for: .milliseconds(50))
  }
}
