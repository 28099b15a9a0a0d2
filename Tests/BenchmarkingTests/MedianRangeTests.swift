// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Testing

@Suite("A spread")
struct SpreadTests {
  @Test("is the median and the range, whatever the order")
  func odd() throws {
    let spread = try #require(MedianRange([5, 1, 3]))
    #expect(spread == MedianRange(median: 3, lowest: 1, highest: 5, rounds: 3))
  }

  @Test("of an even number of rounds has the mean of the two in the middle")
  func even() throws {
    #expect(try #require(MedianRange([4, 1, 2, 9])).median == 3)
  }

  @Test("needs a round")
  func empty() {
    #expect(MedianRange([]) == nil)
  }

  @Test("overlaps another that shares as much as one value with it")
  func overlaps() throws {
    let first = try #require(MedianRange([1, 2, 3]))
    #expect(first.overlaps(try #require(MedianRange([3, 4]))))
    #expect(!first.overlaps(try #require(MedianRange([3.1, 4]))))
    #expect(!(try #require(MedianRange([3.1, 4]))).overlaps(first))
  }
}
