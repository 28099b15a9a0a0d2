// SPDX-License-Identifier: Apache-2.0

import Platform
import Synchronization

/// Stops the answers to all questions asked so far, whether they have begun or not.
///
/// Questions that are asked between two cancellations share a stop source. So a cancellation never touches a question
/// that is asked after it, and needs no answer to be under way.
package final class AnswerCancellation: Sendable {
  private let forGood = StopSource()
  /// Stops the answers to questions asked since the last cancellation.
  private let asked: Mutex<StopSource>

  /// Nothing asked, nothing cancelled.
  package init() { asked = Mutex(StopSource(following: [forGood])) }

  /// A question is asked; call it before the question can be answered.
  ///
  /// - Returns: what stops its answer.
  package func ask() -> StopSource { asked.withLock { $0 } }

  /// Stops the answers to every question asked so far.
  package func cancelAsked() {
    asked.withLock { asked in
      asked.stop()
      asked = StopSource(following: [forGood])
    }
  }

  /// Stops every answer from now on.
  package func cancelForGood() { forGood.stop() }
}
