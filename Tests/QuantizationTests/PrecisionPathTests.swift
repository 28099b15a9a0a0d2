// SPDX-License-Identifier: Apache-2.0

import ModelFile
import Quantization
import TestSupport
import Testing

@Suite("The order in which bytes are spent on tensors")
struct PrecisionPathTests {
  private typealias Option = PrecisionPath.Option
  private static let types: [TensorType] = [.q2_K, .q4_K, .q6_K, .q8_0]

  /// Groups whose options are random, but better where they are larger.
  private static func groups(seed: UInt64) -> [[Option]] {
    var state = seed
    func random() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 33) / Double(1 << 31)
    }
    return (0..<4).map { _ in
      var bytes = 100 + Int(random() * 400)
      var divergence = random()
      return types.map { type in
        defer {
          bytes += 50 + Int(random() * 300)
          divergence *= random()
        }
        return Option(type: type, byteCount: bytes, divergence: divergence)
      }
    }
  }

  private static func allChoices(_ groups: [[Option]]) -> [(bytes: Int, divergence: Double)] {
    groups.reduce([(0, 0)]) { choices, options in
      choices.flatMap { choice in options.map { (choice.0 + $0.byteCount, choice.1 + $0.divergence) } }
    }
  }

  @Test("is the best of all choices for every total that it passes", arguments: 1...20 as ClosedRange<UInt64>)
  func optimal(seed: UInt64) {
    let groups = Self.groups(seed: seed)
    let path = PrecisionPath(groups: groups)
    let all = Self.allChoices(groups)
    #expect(path.count >= 4)
    for steps in 0...path.count {
      let choice = path.choice(afterSteps: steps)
      let best = all.filter { $0.bytes <= choice.byteCount }.map(\.divergence).min() ?? -1
      #expect(abs(choice.divergence - best) < 1e-12)
    }
  }

  @Test("fits any number of bytes from the smallest choice on, and is no worse with more of them")
  func bytes() throws {
    let path = PrecisionPath(groups: Self.groups(seed: 7))
    let smallest = path.smallest.byteCount
    #expect(path.choice(within: smallest - 1) == nil)
    #expect(path.choice(within: smallest) == path.smallest)
    #expect(path.choice(within: .max) == path.choice(afterSteps: path.count))
    var last = Double.infinity
    for bytes in stride(from: smallest, to: smallest + 4000, by: 10) {
      let choice = try #require(path.choice(within: bytes))
      #expect(choice.byteCount <= bytes)
      if let steps = (0...path.count).last(where: { path.choice(afterSteps: $0).byteCount <= bytes }) {
        #expect(choice.divergence <= path.choice(afterSteps: steps).divergence)
      }
      last = min(last, choice.divergence)
    }
    #expect(last < path.smallest.divergence)
  }

  @Test("goes on with other tensors where the next one does not fit")
  func skipping() throws {
    let path = PrecisionPath(groups: [
      [
        Option(type: .q2_K, byteCount: 100, divergence: 10), Option(type: .q8_0, byteCount: 1100, divergence: 0),
      ],
      [Option(type: .q2_K, byteCount: 100, divergence: 1), Option(type: .q8_0, byteCount: 300, divergence: 0)],
    ])
    #expect(try #require(path.choice(within: 600)).options.map(\.type) == [.q2_K, .q8_0])
  }

  @Test("leaves out types that cost more and lose more")
  func dominated() {
    let path = PrecisionPath(groups: [
      [
        Option(type: .q4_0, byteCount: 100, divergence: 2), Option(type: .iq4_nl, byteCount: 100, divergence: 1),
        Option(type: .q5_0, byteCount: 150, divergence: 1.5), Option(type: .q8_0, byteCount: 200, divergence: 0),
      ]
    ])
    #expect(path.smallest.options.map(\.type) == [.iq4_nl])
    #expect(path.count == 1)
  }

  @Test("reaches a divergence with the fewest steps, or says that it does not")
  func divergence() throws {
    let path = PrecisionPath(groups: Self.groups(seed: 3))
    let limit = path.choice(afterSteps: 2).divergence
    #expect(path.steps(toReach: limit) == 2)
    #expect(path.steps(toReach: path.smallest.divergence) == 0)
    #expect(path.steps(toReach: -1) == nil)
  }
}
