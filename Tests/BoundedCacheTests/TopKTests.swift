// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import TestSupport
import Testing

@Suite("The highest scores are found exactly")
struct TopKTests {
  @Test("The highest are those that a stable sort puts first", arguments: 0..<20 as Range<UInt64>)
  func ranking(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var ranking = TopK()
    // Few different scores on even seeds, so that there are many ties.
    let scores = (0..<500).map { _ in seed % 2 == 0 ? Float(random.shift(below: 9) - 4) : Float(random.signed()) / 7 }
    let before = (0..<500).map { _ in random.shift(below: 3) == 0 }
    for count in [0, 1, 2, 17, 200, 600] {
      var marked = before
      ranking.mark(count, highest: scores, among: 400, in: &marked)
      let sorted = (0..<400).filter { !before[$0] }.sorted { (-scores[$0], $0) < (-scores[$1], $1) }
      var expected = before
      for index in sorted.prefix(count) { expected[index] = true }
      #expect(marked == expected)
    }
  }
}
