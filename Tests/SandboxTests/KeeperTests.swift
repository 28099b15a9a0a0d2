// SPDX-License-Identifier: Apache-2.0

import CSandbox
import Foundation
import Testing

/// The state of a process: `S` sleeps, `T` is stopped; nil if it is gone.
private func state(of process: pid_t) -> Character? {
  let text = FileManager.default.contents(atPath: "/proc/\(process)/stat").map { String(decoding: $0, as: UTF8.self) }
  return text?.split(separator: ")").last?.first { $0 != " " }
}

private func waitUntil(_ isSo: () -> Bool) async throws {
  for _ in 0..<500 where !isSo() { try await Task.sleep(for: .milliseconds(20)) }
}

@Suite("A program's keeper")
struct KeeperTests {
  @Test("Stops the program's group while nothing is heard from its watcher, and lets it go on then")
  func group() async throws {
    let sleeper = try Sleeper(["/bin/sleep", "100"])
    defer { sleeper.end() }
    try await expectStopped(sleeper.process, keeping: sleeper.process, isGroup: true)
  }

  @Test("Stops all that is below a monitor")
  func monitor() async throws {
    let sleeper = try Sleeper(["/bin/sh", "-c", "sleep 100 & sleep 100 & wait"])
    defer { sleeper.end() }
    let children = "/proc/\(sleeper.process)/task/\(sleeper.process)/children"
    func pids() -> [pid_t] {
      let text = FileManager.default.contents(atPath: children).map { String(decoding: $0, as: UTF8.self) } ?? ""
      return text.split(separator: " ").compactMap { pid_t($0) }
    }
    try await waitUntil { pids().count == 2 }
    for child in pids() { try await expectStopped(child, keeping: sleeper.process, isGroup: false) }
  }

  @Test(
    "Ends the program and removes its folder when its watcher is killed",
    .enabled(if: Sandboxes.haveLimitsOnly, "no Landlock here"))
  func killedWatcher() async throws {
    let mark = "33\(Int.random(in: 100_000...999_999)).5"
    let watcher = Process()
    watcher.executableURL = Holder.executable
    watcher.arguments = [mark]
    try watcher.run()
    try await waitUntil { processes(holding: mark).count >= 4 }
    let sleepers = processes(holding: mark).filter { $0 != watcher.processIdentifier }
    let folders = Set(
      sleepers.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\($0)/cwd") })
    #expect(sleepers.count >= 3)
    let folder = try #require(folders.first { $0.hasSuffix("/scratch") })
    kill(watcher.processIdentifier, SIGKILL)
    try await waitUntil { processes(holding: mark).isEmpty && !FileManager.default.fileExists(atPath: folder) }
    #expect(processes(holding: mark).isEmpty)
    #expect(!FileManager.default.fileExists(atPath: folder))
  }

  private func expectStopped(_ process: pid_t, keeping program: pid_t, isGroup: Bool) async throws {
    var keeper: OpaquePointer?
    #expect(csb_keeper_start(program, isGroup, nil, &keeper) == 0)
    let started = try #require(keeper)
    defer { csb_keeper_end(started) }
    try await waitUntil { state(of: process) == "T" }
    #expect(state(of: process) == "T")
    try await waitUntil {
      csb_keeper_beat(started)
      return state(of: process) == "S"
    }
    #expect(state(of: process) == "S")
  }
}

/// A process in a group of its own that only sleeps.
private struct Sleeper {
  let process: pid_t

  init(_ command: [String]) throws {
    var process: pid_t = 0
    let arguments = command.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    let error = arguments.withUnsafeBufferPointer { arguments in
      [Int32](0...2).withUnsafeBufferPointer { descriptors in
        [UnsafeMutablePointer<CChar>?.none].withUnsafeBufferPointer { environment in
          var launch = csb_launch(
            path: arguments[0], arguments: arguments.baseAddress, environment: environment.baseAddress, folder: nil,
            descriptors: descriptors.baseAddress, descriptor_count: 3, limits: nil, limit_count: 0, user: 0,
            ruleset: -1, filter: nil, filter_bytes: 0)
          return csb_spawn(&launch, &process)
        }
      }
    }
    if error != 0 { throw POSIXError(POSIXErrorCode(rawValue: error) ?? .EINVAL) }
    self.process = process
  }

  func end() {
    kill(-process, SIGKILL)
    waitpid(process, nil, 0)
  }
}

/// `SandboxHolder`, which was built together with these tests.
private enum Holder {
  static let executable: URL = {
    let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    let checkout = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let candidates = [beside, checkout.appending(path: ".build/release"), checkout.appending(path: ".build/debug")]
    return candidates.map { $0.appending(path: "SandboxHolder") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) } ?? beside
  }()
}
