// SPDX-License-Identifier: Apache-2.0

import Inference

/// Draws from the distributions that stories and their frames are made of.
extension SeededGenerator {
  /// A generator for one part of something larger. Parts do not depend on the order in which they are made.
  init(seed: UInt64, part: UInt64) {
    var mixing = SeededGenerator(seed: seed)
    self.init(seed: mixing.next() ^ (part &+ 1) &* 0xD6E8_FEB8_6659_FD93)
  }

  /// A number of the range, all equally likely.
  mutating func number(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * nextUnit()
  }

  /// A whole number in 0..<`count`, all equally likely.
  ///
  /// - Precondition: `count` is above 0.
  mutating func index(below count: Int) -> Int { min(Int(nextUnit() * Double(count)), count - 1) }

  /// True with this probability.
  mutating func isTrue(withChance chance: Double) -> Bool { nextUnit() < chance }

  /// An element, all equally likely.
  ///
  /// - Precondition: the array is not empty.
  mutating func element<Element>(of elements: [Element]) -> Element { elements[index(below: elements.count)] }

  /// An index, with a probability in proportion to its weight; nil when no weight is above 0.
  mutating func index(weighted weights: [Double]) -> Int? {
    let sum = weights.reduce(0, +)
    guard sum > 0 else { return nil }
    var left = nextUnit() * sum
    for (index, weight) in weights.enumerated() where weight > 0 {
      left -= weight
      if left < 0 { return index }
    }
    return weights.lastIndex { $0 > 0 }
  }
}
