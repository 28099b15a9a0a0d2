// SPDX-License-Identifier: Apache-2.0

import Inference

/// Draws from the distributions that stories and their pictures are made of.
extension SeededGenerator {
  /// A generator of its own for one part of something larger, so that parts do not depend on the order in which they
  /// are made.
  init(seed: UInt64, part: UInt64) {
    var mixing = SeededGenerator(seed: seed)
    self.init(seed: mixing.next() ^ (part &+ 1) &* 0xD6E8_FEB8_6659_FD93)
  }

  mutating func number(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * nextUnit()
  }

  /// A whole number from 0 up to, but not including, `count`, which is above 0.
  mutating func index(below count: Int) -> Int { min(Int(nextUnit() * Double(count)), count - 1) }

  mutating func isTrue(withChance chance: Double) -> Bool { nextUnit() < chance }

  /// - Precondition: the array is not empty.
  mutating func element<Element>(of elements: [Element]) -> Element { elements[index(below: elements.count)] }

  /// An index, each as likely as its weight says; nil when no weight is above 0.
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
