// SPDX-License-Identifier: Apache-2.0

import Platform
import SessionInterface
import Synchronization

/// Session events on their way to the screen's thread, and the pipe that wakes it.
///
/// Of pictures, figures and maps only the newest is kept, so a screen that is held up costs no memory.
final class EventMailbox: Sendable {
  private struct Contents {
    var events: [SessionEvent] = []
    var isFinished = false
    /// Set before the pipe is closed: its number may be somebody else's afterwards.
    var isClosed = false
  }

  private let contents = Mutex(Contents())
  /// Ends of the pipe; neither blocks.
  let readEnd: Int32
  let writeEnd: Int32

  init() throws(ScreenError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw .system("no pipe (\(String(cString: strerror(errno))))") }
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    (readEnd, writeEnd) = (ends[0], ends[1])
  }

  func push(_ event: SessionEvent) {
    contents.withLock { contents in
      guard !contents.isClosed else { return }
      if event.isReplacedByNewer { contents.events.removeAll { $0.isSameKind(as: event) } }
      contents.events.append(event)
      if contents.events.count == 1 { wake() }
    }
  }

  /// No more events will come.
  func finish() {
    contents.withLock { contents in
      guard !contents.isClosed else { return }
      contents.isFinished = true
      wake()
    }
  }

  /// What has come since the last call, and whether that was all.
  func take() -> (events: [SessionEvent], isFinished: Bool) {
    contents.withLock { contents in
      defer { contents.events = [] }
      return (contents.events, contents.isFinished)
    }
  }

  func close() {
    contents.withLock { contents in
      guard !contents.isClosed else { return }
      contents.isClosed = true
      contents.events = []
      _ = Glibc.close(readEnd)
      _ = Glibc.close(writeEnd)
    }
  }

  /// Signals send their numbers through the same pipe; 0 says that there is something in here.
  private func wake() {
    var byte: UInt8 = 0
    _ = write(writeEnd, &byte, 1)
  }
}

extension SessionEvent {
  fileprivate var isReplacedByNewer: Bool {
    switch self {
    case .preview, .statistics, .frameSeen, .retention: true
    default: false
    }
  }

  fileprivate func isSameKind(as other: SessionEvent) -> Bool {
    switch (self, other) {
    case (.preview, .preview), (.statistics, .statistics), (.frameSeen, .frameSeen), (.retention, .retention): true
    default: false
    }
  }
}
