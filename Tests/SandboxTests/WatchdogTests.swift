// SPDX-License-Identifier: Apache-2.0

import Foundation
import Sandboxing
import Testing

// One after the other: each looks through the machine's processes again and again.
@Suite("A program's watchdog", .serialized)
struct WatchdogTests {
  private static let sleepers = """
    import os
    for _ in range(2):
        if os.fork() == 0:
            if os.fork() == 0: os.execv('/bin/sleep', ['sleep', 'MARK'])
            os._exit(0)
    os.execv('/bin/sleep', ['sleep', 'MARK'])
    """

  @Test("Stops the program while its watcher is stopped, and lets it go on then", arguments: Holder.ways)
  func suspension(way: ContainmentWay) async throws {
    let holder = try Holder(way, Self.sleepers)
    try await waitUntil { holder.marked.count == 3 }
    holder.signal(SIGSTOP)
    try await waitUntil { holder.marked.allSatisfy { state(of: $0) == "T" } }
    #expect(holder.marked.map { state(of: $0) } == ["T", "T", "T"])
    holder.signal(SIGCONT)
    try await waitUntil { holder.marked.allSatisfy { state(of: $0) == "S" } }
    #expect(holder.marked.map { state(of: $0) } == ["S", "S", "S"])
  }

  // As one does that was started while the others were being stopped.
  @Test("Stops what goes on all the same", arguments: Holder.ways)
  func goingOn(way: ContainmentWay) async throws {
    let holder = try Holder(way, Self.sleepers)
    try await waitUntil { holder.marked.count == 3 }
    holder.signal(SIGSTOP)
    try await waitUntil { holder.marked.allSatisfy { state(of: $0) == "T" } }
    let one = try #require(holder.marked.last)
    kill(pid_t(one), SIGCONT)
    try await Task.sleep(for: .milliseconds(200))
    try await waitUntil { state(of: one) == "T" }
    #expect(state(of: one) == "T")
  }

  @Test("Leaves stopped what had stopped itself", arguments: Holder.ways)
  func stoppedBefore(way: ContainmentWay) async throws {
    let holder = try Holder(
      way,
      """
      import os, signal
      if os.fork() == 0: os.execv('/bin/sleep', ['sleep', 'MARK'])
      os.execv('/bin/sh', ['sh', '-c', 'kill -STOP $$', 'MARK'])
      """)
    func isAwake() -> Bool { holder.marked.contains { state(of: $0) == "S" } }
    try await waitUntil { holder.marked.count == 2 && !holder.marked.allSatisfy { state(of: $0) != "T" } }
    let stopped = try #require(holder.marked.first { state(of: $0) == "T" })
    holder.signal(SIGSTOP)
    try await waitUntil { !isAwake() }
    holder.signal(SIGCONT)
    try await waitUntil { isAwake() && state(of: stopped) == "T" }
    #expect(state(of: stopped) == "T")
  }

  // Takes as long as the limit, which is wide enough for a busy machine.
  @Test("Does not count the time in which its watcher is stopped", arguments: Holder.ways)
  func suspendedTime(way: ContainmentWay) async throws {
    let holder = try Holder(
      way, "import os\nos.execv('/bin/sh', ['sh', '-c', 'sleep 1; :', 'MARK'])", wallSeconds: 3)
    try await waitUntil { !holder.marked.isEmpty }
    holder.signal(SIGSTOP)
    try await Task.sleep(for: .seconds(3))
    holder.signal(SIGCONT)
    #expect(holder.said() == "exited(status: 0)\n")
  }

  @Test(
    "Ends the program and removes its folder when its watcher is killed", arguments: Holder.ways, [SIGKILL, SIGHUP])
  func killedWatcher(way: ContainmentWay, signal: Int32) async throws {
    let holder = try Holder(way, Self.sleepers)
    try await waitUntil { holder.marked.count == 3 }
    #expect(holder.marked.count == 3)
    holder.signal(signal)
    try await waitUntil { holder.remains.isEmpty }
    #expect(holder.remains == [])
  }

  // Six at once, each killed at another moment of its way to its program.
  @Test("Leaves nothing behind, whenever its watcher is killed", arguments: Holder.ways)
  func killedAtAnyTime(way: ContainmentWay) async throws {
    let holders = try (0..<6).map { _ in try Holder(way, Self.sleepers) }
    for holder in holders {
      try await Task.sleep(for: .milliseconds(120))
      holder.signal(SIGKILL)
    }
    try await waitUntil { holders.allSatisfy(\.remains.isEmpty) }
    // What is on its way to its program bears no mark.
    try await Task.sleep(for: .milliseconds(500))
    #expect(holders.flatMap(\.remains) == [])
  }
}
