// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform
import Testing

@Suite("Threads", .timeLimit(.minutes(10)))
struct ThreadTests {
  @Test("A thread has the name that was asked for, as far as the kernel keeps it")
  func name() async throws {
    let name = await withCheckedContinuation { continuation in
      let started = startThread(name: "a name longer than the kernel keeps", stackSize: 1 << 20) {
        continuation.resume(returning: try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8))
      }
      if !started { continuation.resume(returning: nil) }
    }
    #expect(name == "a name longer t\n")
  }

  private actor Recorder {
    private let thread: ThreadExecutor
    private(set) var numbers: [Int] = []
    private(set) var threads: Set<UInt> = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init() throws { thread = try ThreadExecutor(name: "recorder") }

    func add(_ number: Int) {
      numbers.append(number)
      threads.insert(UInt(pthread_self()))
    }
  }

  @Test("An executor's jobs run in order, all on its one thread")
  func executor() async throws {
    let recorder = try Recorder()
    for number in 0..<100 { await recorder.add(number) }
    #expect(await recorder.numbers == Array(0..<100))
    #expect(await recorder.threads.count == 1)
  }

  @Test("An executor that gets no thread is an error")
  func executorWithoutThread() {
    #expect(throws: ThreadError()) { _ = try ThreadExecutor(name: "nobody") { _ in false } }
  }

  // Threads of the user's other programs come and go.
  @Test("What cannot be had at once is tried again for a while, and then no more")
  func patience() {
    var tries = 0
    let isHad = retry(for: 60) {
      tries += 1
      return tries == 3
    }
    #expect(isHad && tries == 3)
    #expect(!retry(for: 0.05) { false })
  }

  @Test("A monitor wakes who waits when the value changes, and when the time has come")
  func monitor() async {
    let monitor = Monitor(0)
    let seen = await withCheckedContinuation { continuation in
      let started = startThread(name: "waiter") {
        let value = monitor.waitFor { value in value >= 2 ? .done(value) : .wait(until: nil) }
        let deadline = monotonicSeconds() + 0.02
        let isLate = monitor.waitFor { _ in monotonicSeconds() >= deadline ? .done(true) : .wait(until: deadline) }
        continuation.resume(returning: isLate ? value : -1)
      }
      #expect(started)
      monitor.withLock { $0 = 1 }
      monitor.withLock { $0 = 2 }
    }
    #expect(seen == 2)
  }
}
