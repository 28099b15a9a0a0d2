// SPDX-License-Identifier: Apache-2.0

import Foundation
import Sandboxing
import Testing

// One after the other: both cases choose the number of the next process.
@Suite("Processes that a program leaves to its watcher", .serialized)
struct OrphanTests {
  /// Orphans that hold 600 MiB together, where 256 are allowed, and none of which holds as much by itself.
  private static let orphans = """
    import os, time
    for _ in range(6):
        if os.fork() == 0:
            if os.fork() == 0:
                held = []
                for _ in range(10):
                    held.append(bytearray(b'x') * (10 << 20))
                    time.sleep(0.05)
                time.sleep(60)
            os._exit(0)
        os.wait()
    time.sleep(10)
    """

  // The watcher's first thread has the greatest number then, and not the smallest.
  @Test(
    "Count whatever the numbers of the watcher's threads are",
    .enabled(if: ProcessNumbers.canStartOver, "numbers of processes cannot be chosen here"), arguments: Holder.ways)
  func numbersStartOver(way: ContainmentWay) throws {
    let holder = try ProcessNumbers.startingOver { try Holder(way, Self.orphans) }
    #expect(holder.said() == "stopped(Sandboxing.RunLimit.memory)\n")
  }
}

/// The kernel's numbering of processes.
private enum ProcessNumbers {
  private static let last = "/proc/sys/kernel/ns_last_pid"
  private static let most: Int? =
    (try? String(contentsOfFile: "/proc/sys/kernel/pid_max", encoding: .utf8)).flatMap { Int($0.filter(\.isNumber)) }

  static let canStartOver = most != nil && geteuid() == 0 && access(last, W_OK) == 0

  /// Starts a process with one of the last numbers before they start over.
  static func startingOver(_ start: () throws -> Holder) throws -> Holder {
    let most = try #require(most)
    for _ in 0..<300 {
      let handle = try #require(FileHandle(forWritingAtPath: last))
      try handle.write(contentsOf: Data("\(most - 4)".utf8))
      try handle.close()
      let holder = try start()
      // Another process may have come between.
      if holder.number > most - 4 { return holder }
    }
    throw Unnumbered()
  }

  private struct Unnumbered: Error {}
}
