// SPDX-License-Identifier: Apache-2.0

import Assistant
import Testing

@Suite("Cancelling answers")
struct AnswerCancellationTests {
  private let cancellation = AnswerCancellation()

  @Test("stops those that were asked for, whether they have begun or not")
  func asked() {
    let (first, second) = (cancellation.ask(), cancellation.ask())
    #expect(!first.isStopped && !second.isStopped)
    cancellation.cancelAsked()
    #expect(first.isStopped && second.isStopped)
  }

  @Test("does not touch a question asked afterwards, even if an earlier answer has not ended")
  func later() {
    let first = cancellation.ask()
    cancellation.cancelAsked()
    let second = cancellation.ask()
    #expect(first.isStopped && !second.isStopped)
    cancellation.cancelAsked()
    #expect(second.isStopped)
  }

  @Test("without a question has no effect on the next")
  func stale() {
    cancellation.cancelAsked()
    #expect(!cancellation.ask().isStopped)
  }

  @Test("for good stops every answer to come")
  func forGood() {
    cancellation.cancelForGood()
    #expect(cancellation.ask().isStopped)
    cancellation.cancelAsked()
    #expect(cancellation.ask().isStopped)
  }
}
