// SPDX-License-Identifier: Apache-2.0

import Logging
import Records
import SessionInterface
import Synchronization

/// The lines of a session in a log: what was said of the stream and what went wrong, but not what was asked.
final class SessionLog: Sendable {
  private let logger: Logger
  private let hasLostSignal = Mutex(false)

  init(_ logger: Logger) { self.logger = logger }

  /// Logs an event, if it is worth a line.
  func observe(_ event: SessionEvent) {
    switch event {
    case .signal(let date): note(isLost: date != nil)
    case .answerFinished(let summary):
      logger.info("answer: \(summary.answerTokens) tokens in \(decimal(summary.seconds, places: 1)) s")
    case .answerFailed(let code, let message), .failure(let code, let message): logger.error("\(code): \(message)")
    case .note(let text): logger.info("\(text)")
    case .warning(let text): logger.warning("\(text)")
    case .streamEnded(let time): logger.info("the stream ended at \(clock(time))")
    default: break
    }
  }

  private func note(isLost: Bool) {
    let hasChanged = hasLostSignal.withLock { before in
      defer { before = isLost }
      return before != isLost
    }
    guard hasChanged else { return }
    if isLost { logger.warning("no signal") } else { logger.info("signal again") }
  }
}
