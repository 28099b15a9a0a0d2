// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Foundation
import Inference
import Records

/// How likely answers begin in one way and not in another, without any answer.
extension VideoDialogue {
  /// The logarithm of the odds that the answer to a question begins with one of some tokens against others: log p(one)
  /// − log p(other), each p the sum over its tokens. The conversation stays as it was.
  ///
  /// All questions are read in one batch of forks, and what they begin with is read once. Room is made for the longest.
  ///
  /// - Parameters:
  ///   - questions: none of which is part of the conversation.
  ///   - one: tokens, at least one.
  ///   - other: tokens, at least one.
  /// - Returns: for each question its log odds, in nats; not finite where the model's logits are not.
  /// - Throws: `ReportedError.budgetTooSmall` where a question has no room even without earlier turns, and others of
  ///   the model.
  public func logOdds(
    each questions: [String], of one: [Int], over other: [Int]
  ) throws(ReportedError) -> [Double] {
    guard !questions.isEmpty else { return [] }
    forgetAnswer()
    do {
      let prompts = try prompts(forEach: questions)
      let common = Self.commonBeginning(of: prompts)
      var reader = TokenIngest(prompt: common, at: text.nextPosition, into: cache, language: model.language)
      while reader.hasPrompt { try reader.readBlock() }
      let rests = prompts.map { $0[common.count...] }
      let longest = rests.map(\.count).max() ?? 0
      let atOnce = max(1, min(Self.mostForks, model.forkLimit(of: cache, capacity: longest)))
      var odds: [Double] = []
      for first in stride(from: 0, to: rests.count, by: atOnce) {
        let wave = Array(rests[first..<min(first + atOnce, rests.count)])
        odds += try lastLogits(of: wave, at: reader.position).map { logits in
          logSum(logits, of: one) - logSum(logits, of: other)
        }
      }
      text.removeNewestTurn(first: turns.count)
      return odds
    } catch {
      text.drop()
      throw ReportedError(error)
    }
  }

  /// Reads the prompts of forks, and returns the logits behind each.
  private func lastLogits(of prompts: [ArraySlice<Int>], at start: Int) throws -> [[Float]] {
    let forks = try prompts.map { try cache.fork(capacity: $0.count) }
    var logits: [[Float]] = prompts.map { _ in [] }
    var left = prompts
    while let longest = left.map(\.count).max(), longest > 0 {
      let open = left.indices.filter { !left[$0].isEmpty }
      let parts = open.map { Array(left[$0].prefix(model.language.maximumBlock)) }
      let read = try model.language.read(
        parts, from: open.map { start + prompts[$0].count - left[$0].count }, into: open.map { forks[$0] })
      for ((index, part), values) in zip(zip(open, parts), read) {
        left[index] = left[index].dropFirst(part.count)
        if left[index].isEmpty { logits[index] = Array(values) }
      }
    }
    return logits
  }
}

/// log Σ exp of some of the logits.
private func logSum(_ logits: [Float], of tokens: [Int]) -> Double {
  let values = tokens.map { Double(logits[$0]) }
  guard let largest = values.max(), largest.isFinite else { return .nan }
  return largest + log(values.reduce(0) { $0 + exp($1 - largest) })
}
