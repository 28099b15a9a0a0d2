// SPDX-License-Identifier: Apache-2.0

import Inference
import Testing
import Tuning

@Suite("A duel of a schedule with the standard one")
struct ScheduleDuelTests {
  /// Times around a mean, with a spread of `noise`, on a machine whose speed drifts.
  private func duel(ratio: Double, noise: Double, seed: UInt64, turns: Int = 21) throws -> ScheduleDuel {
    var random = SeededGenerator(seed: seed)
    func time(_ turn: Int, _ factor: Double) -> Double {
      let unit = Double(random.next() >> 11) * 0x1p-53
      return (1 + 0.5 * Double(turn) / Double(turns)) * factor * (1 + noise * (2 * unit - 1))
    }
    var standard = [time(0, 1)]
    var candidate: [Double] = []
    for turn in 1...turns {
      candidate.append(time(turn, ratio))
      standard.append(time(turn, 1))
    }
    return try #require(ScheduleDuel(standard: standard, candidate: candidate))
  }

  @Test("is won by what is faster by more than the noise, though the machine becomes slower all the while")
  func won() throws {
    for seed in UInt64(0)..<50 {
      let duel = try duel(ratio: 0.9, noise: 0.02, seed: seed)
      #expect(duel.isWon && abs(duel.ratio - 0.9) < 0.03)
    }
  }

  @Test("is hardly ever won by what is as fast", arguments: [0.001, 0.02, 0.2])
  func drawn(noise: Double) throws {
    let won = try (UInt64(0)..<400).count { try duel(ratio: 1, noise: noise, seed: $0).isWon }
    #expect(won < 400 / 10, "\(won) of 400")
  }

  @Test("is never won by what is slower, or by less than a percent")
  func lost() throws {
    for ratio in [0.995, 1, 1.1] {
      let duel = try #require(ScheduleDuel(standard: [1, 1, 1], candidate: [ratio, ratio]))
      #expect(!duel.isWon && duel.noise == 0 && duel.ratio == ratio && duel.standardSeconds == 1)
    }
  }

  @Test("needs a time of the standard schedule on both sides of each of the candidate's")
  func incomplete() {
    #expect(ScheduleDuel(standard: [1], candidate: []) == nil)
    #expect(ScheduleDuel(standard: [1, 1], candidate: [1, 1]) == nil)
    #expect(ScheduleDuel(standard: [1, 0], candidate: [1]) == nil)
  }
}
