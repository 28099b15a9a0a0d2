// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Testing

@Suite("Pages that question after question chooses stay")
struct PageHysteresisTests {
  private func ranking(_ pages: Int...) -> [RetrievedPage] {
    pages.enumerated().map { RetrievedPage(page: $1, score: 1 / Float($0 + 1), shift: Int32($1)) }
  }

  private func offloaded(_ page: Int) -> RetrievedPage? { RetrievedPage(page: page, score: 0, shift: Int32(page)) }

  @Test("Without pages that stay, the best are chosen")
  func best() {
    var steady = PageHysteresis()
    #expect(steady.choose(ranking(4, 9, 2), limit: 2, offloaded: offloaded).map(\.page) == [4, 9])
    #expect(steady.pages.isEmpty)
    #expect(steady.choose(ranking(4, 9, 2), limit: 0, offloaded: offloaded).isEmpty)
  }

  @Test("A page is steady from the fifth question in a row, and stays through two others")
  func inAndOut() {
    var steady = PageHysteresis()
    for question in 1...5 {
      _ = steady.choose(ranking(7), limit: 1, offloaded: offloaded)
      #expect(steady.pages == (question < 5 ? [] : [7]))
    }
    // f is 0.67 now, then 0.54, 0.43, 0.34.
    #expect(steady.choose(ranking(1, 2), limit: 2, offloaded: offloaded).map(\.page) == [7, 1])
    #expect(steady.choose(ranking(3, 4), limit: 2, offloaded: offloaded).map(\.page) == [7, 3])
    #expect(steady.choose(ranking(5, 6), limit: 2, offloaded: offloaded).map(\.page) == [5, 6])
    #expect(steady.pages.isEmpty)
  }

  @Test("A page near the threshold is not loaded and dropped with every question")
  func hysteresis() {
    var steady = PageHysteresis()
    for _ in 0..<10 { _ = steady.choose(ranking(7), limit: 1, offloaded: offloaded) }
    var changes = 0
    for question in 0..<20 {
      let before = steady.pages
      _ = steady.choose(question % 2 == 0 ? ranking(1) : ranking(7), limit: 1, offloaded: offloaded)
      if steady.pages != before { changes += 1 }
    }
    #expect(changes == 0)
  }

  @Test("A steady page that gave way to others is no longer chosen")
  func gone() {
    var steady = PageHysteresis()
    for _ in 0..<9 { _ = steady.choose(ranking(7), limit: 1, offloaded: offloaded) }
    #expect(steady.choose(ranking(1), limit: 1, offloaded: { _ in nil }).map(\.page) == [1])
    #expect(steady.pages.isEmpty)
  }
}
