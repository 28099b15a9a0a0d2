// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Which answers are to stop: those that had been asked for when somebody cancelled, whether they have begun or not.
///
/// Questions are numbered when they are asked, and cancelling remembers the last number. So a cancellation never
/// touches a question that is asked after it, and needs no answer to be under way.
final class AnswerCancellation: Sendable {
  /// A question that was asked.
  struct Question: Sendable {
    fileprivate var number: Int
  }

  private let asked = Atomic<Int>(0)
  private let cancelledThrough = Atomic<Int>(0)

  /// A question is asked; call it before the question can be answered.
  func ask() -> Question {
    Question(number: asked.add(1, ordering: .acquiringAndReleasing).newValue)
  }

  /// Stops the answers to every question asked so far.
  func cancelAsked() {
    cancelledThrough.max(asked.load(ordering: .acquiring), ordering: .releasing)
  }

  /// Stops every answer from now on.
  func cancelForGood() {
    cancelledThrough.max(.max, ordering: .releasing)
  }

  func isCancelled(_ question: Question) -> Bool {
    question.number <= cancelledThrough.load(ordering: .acquiring)
  }
}
