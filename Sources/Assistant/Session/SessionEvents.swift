// SPDX-License-Identifier: Apache-2.0

import Logging
import Records
import SessionInterface
import Synchronization

/// Sends a session's events, and logs those that are worth a line: news of the stream and faults, but not questions.
final class SessionEvents: Sendable {
  private let mailbox: EventMailbox
  private let logger: Logger?
  private let hasLostSignal = Mutex(false)

  init(to mailbox: EventMailbox, logger: Logger?) {
    self.mailbox = mailbox
    self.logger = logger
  }

  /// Logs and sends an event; from any thread.
  func send(_ event: SessionEvent) {
    if let logger { log(event, to: logger) }
    mailbox.send(event)
  }

  /// No more events come.
  func finish() { mailbox.finish() }

  private func log(_ event: SessionEvent, to logger: Logger) {
    switch event {
    case .signal(let date): logSignal(isLost: date != nil, to: logger)
    case .answerFinished(let summary):
      logger.info("answer: \(summary.answerTokens) tokens in \(decimal(summary.seconds, places: 1)) s")
    case .answerFailed(let code, let message), .failure(let code, let message): logger.error("\(code): \(message)")
    case .note(let text): logger.info("\(text)")
    case .warning(let text): logger.warning("\(text)")
    case .streamEnded(let time): logger.info("the stream ended at \(clock(time))")
    default: break
    }
  }

  private func logSignal(isLost: Bool, to logger: Logger) {
    let hasChanged = hasLostSignal.withLock { before in
      defer { before = isLost }
      return before != isLost
    }
    guard hasChanged else { return }
    if isLost { logger.warning("no signal") } else { logger.info("signal again") }
  }
}
