// SPDX-License-Identifier: Apache-2.0

import Platform
import Synchronization
import Testing

@Suite("A stop")
struct StopTests {
  private final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .acquiring) }
    func add() { count.add(1, ordering: .acquiringAndReleasing) }
  }

  /// Waits for a cancellation.
  private static func untilCancelled() async {
    while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
  }

  @Test("is that of a source, of those that it follows, of its deadline and of its condition")
  func sources() {
    let run = StopSource()
    let parts = [
      StopSource(), StopSource(following: [run]), StopSource(deadline: .now - .seconds(1)),
      StopSource(deadline: .now + .seconds(1000)), StopSource(when: { true }), StopSource(when: { false }),
    ]
    #expect(parts.map(\.isStopped) == [false, false, true, false, true, false])
    run.stop()
    #expect(parts.map(\.isStopped) == [false, true, true, false, true, false])
  }

  @Test("by a condition is for good, and asks it no more")
  func condition() {
    let asked = Counter()
    let stop = StopSource(when: {
      asked.add()
      return asked.value == 2
    })
    #expect([stop.isStopped, stop.isStopped, stop.isStopped] == [false, true, true])
    #expect(asked.value == 2)
  }

  @Test("calls a handler once, and none when the work has ended", .timeLimit(.minutes(1)))
  func handler() async throws {
    let (stop, calls) = (StopSource(), Counter())
    let ended = await withStopHandler(stop) {
      stop.stop()
      while calls.value == 0 { await Task.yield() }
      return "ended"
    } onStop: {
      calls.add()
    }
    #expect(ended == "ended" && calls.value == 1)

    let late = StopSource()
    await withStopHandler(late) {
    } onStop: {
      calls.add()
    }
    late.stop()
    try await Task.sleep(for: .milliseconds(200))
    #expect(calls.value == 1)
  }

  @Test("cancels work and waits for what it gives back", .timeLimit(.minutes(1)))
  func cancelledWork() async {
    let stop = StopSource()
    let result = await cancelled(by: stop) {
      stop.stop()
      await Self.untilCancelled()
      return "cut short"
    }
    #expect(result == "cut short")
    // The task that waits may be cancelled too.
    let waiting = Task {
      await cancelled(by: StopSource()) {
        await Self.untilCancelled()
        return "cut short"
      }
    }
    waiting.cancel()
    #expect(await waiting.value == "cut short")
    #expect(await cancelled(by: StopSource()) { Task.isCancelled } == false)
  }

  @Test("lets the caller go on, whatever the work waits for", .timeLimit(.minutes(1)))
  func abandonedWork() async throws {
    let (stop, isReleased) = (StopSource(), StopSource())
    let result = try await unlessStopped(stop) {
      stop.stop()
      while !isReleased.isStopped { await Task.yield() }
      return "late"
    }
    #expect(result == nil)
    isReleased.stop()
    #expect(try await unlessStopped(StopSource()) { "in time" } == "in time")
  }
}
