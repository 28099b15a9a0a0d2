// SPDX-License-Identifier: Apache-2.0

import Assistant
import Testing

@Suite("Cancelling answers")
struct AnswerCancellationTests {
  private let cancellation = AnswerCancellation()

  @Test("stops those that were asked for, whether they have begun or not")
  func asked() {
    let (first, second) = (cancellation.ask(), cancellation.ask())
    #expect(!cancellation.isCancelled(first) && !cancellation.isCancelled(second))
    cancellation.cancelAsked()
    #expect(cancellation.isCancelled(first) && cancellation.isCancelled(second))
  }

  @Test("does not touch a question asked afterwards, even if an earlier answer has not ended")
  func later() {
    let first = cancellation.ask()
    cancellation.cancelAsked()
    let second = cancellation.ask()
    #expect(cancellation.isCancelled(first) && !cancellation.isCancelled(second))
    cancellation.cancelAsked()
    #expect(cancellation.isCancelled(second))
  }

  @Test("without a question has no effect on the next")
  func stale() {
    cancellation.cancelAsked()
    #expect(!cancellation.isCancelled(cancellation.ask()))
  }

  @Test("for good stops every answer to come")
  func forGood() {
    cancellation.cancelForGood()
    #expect(cancellation.isCancelled(cancellation.ask()))
    cancellation.cancelAsked()
    #expect(cancellation.isCancelled(cancellation.ask()))
  }
}
