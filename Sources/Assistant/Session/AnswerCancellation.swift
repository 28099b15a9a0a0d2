// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Which answers are to stop: those that had been asked for when somebody cancelled, whether they have begun or not.
///
/// Questions are numbered when they are asked, and cancelling remembers the last number. So a cancellation never
/// touches a question that is asked after it, and needs no answer to be under way.
package final class AnswerCancellation: Sendable {
  /// A question that was asked.
  package struct Question: Sendable {
    fileprivate var number: Int
  }

  private let asked = Atomic<Int>(0)
  private let cancelledThrough = Atomic<Int>(0)

  /// Nothing asked, nothing cancelled.
  package init() {}

  /// A question is asked; call it before the question can be answered.
  package func ask() -> Question {
    Question(number: asked.add(1, ordering: .acquiringAndReleasing).newValue)
  }

  /// Stops the answers to every question asked so far.
  package func cancelAsked() {
    cancelledThrough.max(asked.load(ordering: .acquiring), ordering: .releasing)
  }

  /// Stops every answer from now on.
  package func cancelForGood() {
    cancelledThrough.max(.max, ordering: .releasing)
  }

  /// Whether the answer to a question is to stop.
  package func isCancelled(_ question: Question) -> Bool {
    question.number <= cancelledThrough.load(ordering: .acquiring)
  }
}
