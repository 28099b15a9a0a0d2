// SPDX-License-Identifier: Apache-2.0

import SessionInterface
import Synchronization

/// The way of events from a session to its listener: in order, without end, in bounded memory.
///
/// A listener that falls behind (a terminal that is held, say) loses previews and statistics, of which newer ones will
/// come, before anything else.
final class EventChannel: Sendable {
  let stream: AsyncStream<SessionEvent>
  private let continuation: AsyncStream<SessionEvent>.Continuation
  private let waiting = Atomic<Int>(0)

  private static let capacity = 4096
  /// With this many events waiting, previews are left out.
  private static let previewBacklog = 8

  init() {
    (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.capacity))
  }

  func send(_ event: SessionEvent) {
    if case .enqueued(let remaining) = continuation.yield(event) {
      waiting.store(Self.capacity - remaining, ordering: .relaxed)
    }
  }

  /// Sends an event that a newer one replaces, unless the listener is behind.
  func sendIfKeepingUp(_ event: SessionEvent) {
    if waiting.load(ordering: .relaxed) < Self.previewBacklog { send(event) }
  }

  /// Sends what happened to a programming task. Pieces are left out when the listener is far behind: the whole program
  /// comes after them.
  func send(_ event: CodeEvent) {
    if case .piece = event, waiting.load(ordering: .relaxed) > Self.capacity / 2 { return }
    send(.code(event))
  }

  func finish() {
    continuation.finish()
  }
}
