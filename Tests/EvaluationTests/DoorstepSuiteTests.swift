// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Records
import Testing

@Suite("The doorstep suite")
struct DoorstepSuiteTests {
  private func suite(
    questions: Int = 60, seed: UInt64 = 4, kinds: [StreamKind] = StreamKind.allCases
  ) -> DoorstepSuite {
    DoorstepSuite(DoorstepOptions(seed: seed, questions: questions, kinds: kinds))
  }

  private func asked(_ suite: DoorstepSuite) -> [[EvaluationQuestion]] {
    suite.streams.map { $0.moments.flatMap(\.questions) }
  }

  @Test("has as many questions as were asked for", arguments: [1, 7, 60, 301])
  func count(questions: Int) {
    #expect(asked(suite(questions: questions)).reduce(0) { $0 + $1.count } == questions)
  }

  @Test("is the same for the same seed, and another for another")
  func deterministic() {
    #expect(asked(suite()) == asked(suite()))
    #expect(asked(suite()) != asked(suite(seed: 5)))
  }

  @Test("begins the same however long it is, so that a longer run extends a shorter one")
  func extends() {
    let short = asked(suite(questions: 30))
    let long = asked(suite(questions: 90))
    #expect(Array(long.prefix(short.count - 1)) == Array(short.dropLast()))
  }

  @Test("holds dialogues of several moments, in the order of time, and numbers their questions")
  func dialogues() {
    for stream in suite(kinds: [.dialogue]).streams.dropLast() {
      #expect(stream.isConversation)
      #expect(stream.moments.count == 3)
      let times = stream.moments.map(\.time)
      #expect(times == times.sorted() && Set(times).count == 3)
      #expect(stream.moments.flatMap(\.questions).map(\.number) == Array(0..<8))
    }
    #expect(suite(kinds: [.early]).streams.allSatisfy { !$0.isConversation && $0.moments.count == 1 })
  }
}
