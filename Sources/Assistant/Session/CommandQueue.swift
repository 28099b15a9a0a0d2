// SPDX-License-Identifier: Apache-2.0

import SessionInterface
import Synchronization

/// Commands on their way to a session, in the order in which they were sent.
///
/// Whoever holds the model takes them here between two pieces of its work. A task that waits for them would get its
/// turn only when Swift's shared executor has a thread to spare, and frames would be read meanwhile.
final class CommandQueue: Sendable {
  /// Says that there may be something to take; however much has come, it is said once.
  let arrivals: AsyncStream<Void>
  private let bell: AsyncStream<Void>.Continuation
  private let waiting = Mutex<[SessionCommand]>([])

  init() {
    (arrivals, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  func add(_ command: SessionCommand) {
    waiting.withLock { $0.append(command) }
    bell.yield()
  }

  /// The oldest command that nobody has taken; nil when there is none.
  func take() -> SessionCommand? {
    waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() }
  }

  /// Ends the arrivals; what waits can still be taken.
  func finish() {
    bell.finish()
  }
}
