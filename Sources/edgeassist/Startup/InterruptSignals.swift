// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Platform
import Synchronization

/// Handles SIGINT, SIGTERM and SIGHUP: the first signal asks for a clean end, the second ends the program at once.
///
/// SIGHUP stays ignored where it was at the start, as under `nohup`.
///
/// The signals are taken over once, for good: a source of Dispatch that is cancelled and made again would leave them
/// ignored.
final class InterruptSignals {
  /// Stopped once a signal has come. What waits for another program looks at it: the reader of a pipe may never come.
  static let arrival = StopSource()

  private typealias Handler = @Sendable () -> Void
  /// Who wants to be told, by number.
  private static let handlers = Mutex<(next: Int, active: [Int: Handler])>((0, [:]))

  /// Kept, and used by nobody.
  private nonisolated(unsafe) static let sources: [any DispatchSourceSignal] = {
    let queue = DispatchQueue(label: "edgeassist.signals")
    return [SIGINT, SIGTERM, SIGHUP].compactMap { number in
      let before = signal(number, SIG_IGN)
      if number == SIGHUP, unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { return nil }
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { arrived(number) }
      source.resume()
      return source
    }
  }()

  private let number: Int

  /// - Parameter handler: called on a queue of its own at the first signal; at once where it came in an earlier phase.
  init(_ handler: @escaping @Sendable () -> Void) {
    number = Self.handlers.withLock { handlers in
      handlers.next += 1
      handlers.active[handlers.next] = handler
      return handlers.next
    }
    _ = Self.sources
    if Self.arrival.isStopped { handler() }
  }

  deinit { stop() }

  /// Stops handling the signals. Each ends the program again.
  func stop() { Self.handlers.withLock { _ = $0.active.removeValue(forKey: number) } }

  private static func arrived(_ signalNumber: Int32) {
    let active = handlers.withLock { Array($0.active.values) }
    arrival.stop()
    for handler in active { handler() }
    signal(signalNumber, SIG_DFL)
    if active.isEmpty { kill(getpid(), signalNumber) }
  }
}
