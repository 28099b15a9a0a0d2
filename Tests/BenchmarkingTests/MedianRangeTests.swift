// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Testing

@Suite("A median with its range")
struct MedianRangeTests {
  @Test("does not depend on the order of the values")
  func odd() throws {
    let value = try #require(MedianRange([5, 1, 3]))
    #expect(value == MedianRange(median: 3, lowest: 1, highest: 5, repetitions: 3))
  }

  @Test("of an even number of values is the mean of the middle two")
  func even() throws {
    #expect(try #require(MedianRange([4, 1, 2, 9])).median == 3)
  }

  @Test("needs a value")
  func empty() {
    #expect(MedianRange([]) == nil)
  }

  @Test("overlaps another if they have one value in common")
  func overlaps() throws {
    let first = try #require(MedianRange([1, 2, 3]))
    #expect(first.overlaps(try #require(MedianRange([3, 4]))))
    #expect(!first.overlaps(try #require(MedianRange([3.1, 4]))))
    #expect(!(try #require(MedianRange([3.1, 4]))).overlaps(first))
  }
}
