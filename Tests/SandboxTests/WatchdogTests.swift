// SPDX-License-Identifier: Apache-2.0

import CSandbox
import Foundation
import TestSupport
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
struct WatchdogTests {
  @Test("Stops the program's group while nothing is heard from its watcher, and lets it go on then")
  func group() async throws {
    let shell = try Shell("python3 -c 'import os, time; os.setpgid(0, 0); time.sleep(3600)' & wait")
    defer { shell.end() }
    let leader = try #require(try await shell.children(1).first)
    try await waitUntil { getpgid(leader) == leader }
    try await expectStopped(leader, keeping: leader, isGroup: true)
  }

  @Test("Stops all that is below a monitor")
  func monitor() async throws {
    let shell = try Shell("sleep 3600 & sleep 3600 & wait")
    defer { shell.end() }
    for child in try await shell.children(2) {
      try await expectStopped(child, keeping: shell.process.processIdentifier, isGroup: false)
    }
  }

  @Test("Leaves stopped what had stopped itself", arguments: [true, false])
  func stoppedBefore(isGroup: Bool) async throws {
    let shell = try Shell(
      "python3 -c 'import os, time; os.setpgid(0, 0); os.kill(os.getpid(), 19); time.sleep(3600)' & wait")
    defer { shell.end() }
    let child = try #require(try await shell.children(1).first)
    try await waitUntil { state(of: child) == "T" }
    var keeper: OpaquePointer?
    let program = isGroup ? child : shell.process.processIdentifier
    #expect(csb_watchdog_start(program, isGroup, nil, &keeper) == 0)
    let started = try #require(keeper)
    defer { csb_watchdog_end(started) }
    try await Task.sleep(for: .seconds(2))
    for _ in 0..<20 {
      csb_watchdog_beat(started)
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(state(of: child) == "T")
  }

  @Test(
    "Ends the program and removes its folder when its watcher is killed",
    .enabled(if: Sandboxes.haveLandlock, "no Landlock here"), arguments: [SIGKILL, SIGHUP])
  func killedWatcher(signal: Int32) async throws {
    let mark = "33\(Int.random(in: 100_000...999_999)).5"
    let watcher = Process()
    watcher.executableURL = BuiltProgram.url(named: "SandboxHolder")
    watcher.arguments = [mark]
    try watcher.run()
    try await waitUntil { processes(holding: mark).count >= 4 }
    let sleepers = processes(holding: mark).filter { $0 != watcher.processIdentifier }
    let folders = Set(
      sleepers.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\($0)/cwd") })
    #expect(sleepers.count >= 3)
    let folder = try #require(folders.first { $0.hasSuffix("/scratch") })
    kill(watcher.processIdentifier, signal)
    try await waitUntil { processes(holding: mark).isEmpty && !FileManager.default.fileExists(atPath: folder) }
    #expect(processes(holding: mark).isEmpty)
    #expect(!FileManager.default.fileExists(atPath: folder))
  }

  private func expectStopped(_ process: pid_t, keeping program: pid_t, isGroup: Bool) async throws {
    var keeper: OpaquePointer?
    #expect(csb_watchdog_start(program, isGroup, nil, &keeper) == 0)
    let started = try #require(keeper)
    defer { csb_watchdog_end(started) }
    try await waitUntil { state(of: process) == "T" }
    #expect(state(of: process) == "T")
    try await waitUntil {
      csb_watchdog_beat(started)
      return state(of: process) == "S"
    }
    #expect(state(of: process) == "S")
  }
}

/// A shell with children that only sleep.
private struct Shell {
  let process = Process()

  init(_ script: String) throws {
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", script]
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  /// Its children, once there are as many.
  func children(_ count: Int) async throws -> [pid_t] {
    let shell = process.processIdentifier
    func pids() -> [pid_t] {
      let text = FileManager.default.contents(atPath: "/proc/\(shell)/task/\(shell)/children") ?? Data()
      return String(decoding: text, as: UTF8.self).split(separator: " ").compactMap { pid_t($0) }
    }
    try await waitUntil { pids().count == count }
    return pids()
  }

  func end() {
    let shell = process.processIdentifier
    let text = FileManager.default.contents(atPath: "/proc/\(shell)/task/\(shell)/children") ?? Data()
    for child in String(decoding: text, as: UTF8.self).split(separator: " ").compactMap({ pid_t($0) }) {
      kill(child, SIGKILL)
    }
    kill(shell, SIGKILL)
    process.waitUntilExit()
  }
}
