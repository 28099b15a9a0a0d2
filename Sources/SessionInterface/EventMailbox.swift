// SPDX-License-Identifier: Apache-2.0

import Platform
import Synchronization

/// The events of a session on their way to its listener: in order, in bounded memory. The session sends from any
/// thread; the listener polls `pipe` and takes what has come.
///
/// A listener may stand still for any time (a stopped terminal, say). So an event that only tells the newest state
/// replaces an older one of its kind, pieces of text that nobody has taken are joined, and at most `remarkCapacity`
/// notes and warnings wait, of which the oldest go first. What a person asks for bounds everything else.
public final class EventMailbox: Sendable {
  private struct Contents {
    var events: [SessionEvent] = []
    var isFinished = false
  }

  /// Becomes readable when events come. A listener may have signals written to it as well.
  public let pipe: WakePipe
  private let contents = Mutex(Contents())

  /// Notes and warnings that wait at most.
  package static let remarkCapacity = 256

  /// - Throws: `SystemError` when the process has no descriptors left.
  public init() throws(SystemError) {
    pipe = try WakePipe()
  }

  /// Adds an event; without effect after ``finish()``.
  public func send(_ event: SessionEvent) {
    contents.withLock { contents in
      guard !contents.isFinished else { return }
      contents.events.coalesce(event)
      if contents.events.count == 1 { pipe.wake() }
    }
  }

  /// No more events come; those that wait can still be taken. Either side may say so.
  public func finish() {
    contents.withLock { $0.isFinished = true }
    pipe.wake()
  }

  /// The events since the last call, and whether these were the last.
  public func take() -> (events: [SessionEvent], isFinished: Bool) {
    contents.withLock { contents in
      defer { contents.events = [] }
      return (contents.events, contents.isFinished)
    }
  }
}

extension [SessionEvent] {
  fileprivate mutating func coalesce(_ event: SessionEvent) {
    if let state = event.stateKind {
      removeAll { $0.stateKind == state }
    } else if join(event) {
      return
    } else if event.isRemark, count(where: \.isRemark) >= EventMailbox.remarkCapacity,
      let oldest = firstIndex(where: \.isRemark)
    {
      remove(at: oldest)
    }
    append(event)
  }

  /// Appends a piece of text to the piece before it, which only states may follow; false for anything else.
  private mutating func join(_ event: SessionEvent) -> Bool {
    guard let last = lastIndex(where: { $0.stateKind == nil }) else { return false }
    switch (self[last], event) {
    case (.answerPiece(let before), .answerPiece(let piece)): self[last] = .answerPiece(before + piece)
    case (.code(.piece(let before)), .code(.piece(let piece))): self[last] = .code(.piece(before + piece))
    default: return false
    }
    return true
  }
}

extension SessionEvent {
  fileprivate enum StateKind { case preview, signal, frameSeen, compressed, statistics, retention }

  /// Which state the event tells; nil for what happened and must not be lost.
  fileprivate var stateKind: StateKind? {
    switch self {
    case .preview: .preview
    case .signal: .signal
    case .frameSeen: .frameSeen
    case .compressed: .compressed
    case .statistics: .statistics
    case .retention: .retention
    default: nil
    }
  }

  fileprivate var isRemark: Bool {
    switch self {
    case .note, .warning: true
    default: false
    }
  }
}
