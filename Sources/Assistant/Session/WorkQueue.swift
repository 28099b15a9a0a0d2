// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Pieces of work on their way to a session, in the order in which they were asked for.
///
/// Whoever holds the model takes them here between two steps of its own work. A task that waits for them would get its
/// turn only when Swift's shared executor has a thread to spare, and the model would read frames until then.
final class WorkQueue: Sendable {
  typealias Work = @Sendable (isolated Session) -> Void

  /// Says that there may be something to take; however much has come, it is said once.
  let arrivals: AsyncStream<Void>
  private let bell: AsyncStream<Void>.Continuation
  private let waiting = Mutex<[Work]>([])

  init() {
    (arrivals, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  func add(_ work: @escaping Work) {
    waiting.withLock { $0.append(work) }
    bell.yield()
  }

  /// The oldest piece that nobody has taken; nil when there is none.
  func take() -> Work? {
    waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() }
  }

  /// Ends the arrivals; what waits can still be taken.
  func finish() {
    bell.finish()
  }
}
