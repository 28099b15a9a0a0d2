// SPDX-License-Identifier: Apache-2.0

import Inference
import Platform
import Records
import SessionInterface

/// Questions that do not build on each other: each is a fork of the conversation, and all are answered in one batch.
extension VideoDialogue {
  /// The most forks at once. Beyond as many, products with the weights take as long for each as they do alone.
  public static let mostForks = 16

  /// Answers several questions that are asked at one time, each as if it alone were asked. The conversation stays as it
  /// was: neither questions nor answers become part of it.
  ///
  /// What their prompts begin with is read once, and the answers are generated in one batch, in as many forks as fit
  /// into memory. Room is made for the longest question before any is read. An answer for which the budget has no room
  /// any more is given alone after the others, with tokens evicted as for any question. With an offload file, which
  /// retrieves for one question at a time, all are given alone.
  ///
  /// - Parameters:
  ///   - time: stream time of the questions in seconds.
  ///   - stop: ends the answers; looked at between tokens and between blocks of the prompts.
  /// - Returns: for each question its answer, or why there is none. Seconds count from the beginning of all.
  public func answer(
    each questions: [String], at time: Double, stop: StopSource? = nil
  ) -> [Result<AnswerSummary, ReportedError>] {
    forgetAnswer()
    var answers: [AnswerSummary?] = questions.map { _ in nil }
    if questions.count > 1, options.offload == nil {
      do {
        try answerInForks(questions, into: &answers, stop: stop)
        text.removeNewestTurn(first: turns.count)
      } catch {
        // What fails in a batch fails alone too, or, where it is a matter of room, does not.
        text.drop()
      }
    }
    return zip(questions, answers).map { question, answer in
      if let answer { return .success(answer) }
      return Result { () throws(ReportedError) in
        let answer = try self.answer(question, at: time, stop: stop)
        forgetNewestTurn()
        return answer
      }
    }
  }

  private func answerInForks(
    _ questions: [String], into answers: inout [AnswerSummary?], stop: StopSource?
  ) throws {
    let start = ContinuousClock.now
    let prompts = try prompts(forEach: questions)
    let common = Self.commonBeginning(of: prompts)
    var reader = TokenIngest(prompt: common, at: text.nextPosition, into: cache, language: model.language)
    while reader.hasPrompt, stop?.isStopped != true { try reader.readBlock() }
    let rests = prompts.map { Array($0[common.count...]) }
    let atOnce = min(Self.mostForks, model.forkLimit(of: cache, capacity: longest(of: rests)))
    guard atOnce > 1 else { return }
    for first in stride(from: 0, to: questions.count, by: atOnce) {
      let wave = first..<min(first + atOnce, questions.count)
      var generator = try ForkGenerator(
        model: model, prompts: Array(rests[wave]), at: reader.position, on: cache, sampling: options.sampling,
        maximumTokens: options.maximumAnswerTokens, grammar: options.grammar)
      var open = wave.map { _ in ForkedAnswer(text: AnswerText(model.template)) }
      while let pieces = try generator.next(isCancelled: stop?.isStopped == true) {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        for (fork, piece) in pieces { open[fork].add(piece, of: generator.texts[fork], seconds: seconds) }
      }
      for (index, (answer, generated)) in zip(wave, zip(open, generator.texts)) where generated.stop != .capacity {
        answers[index] = answer.summary(of: generated, commonTokens: reader.promptTokensRead)
      }
    }
  }

  /// The most tokens of a fork: a prompt and its answer, or all that the budget leaves.
  private func longest(of prompts: [[Int]]) -> Int {
    let tokens = (prompts.map(\.count).max() ?? 0) + options.maximumAnswerTokens
    return cache.budget.map { min(tokens, max(0, $0 - cache.count)) } ?? tokens
  }

  /// The tokens that all prompts begin with; a token at least is left of each.
  static func commonBeginning(of prompts: [[Int]]) -> ArraySlice<Int> {
    guard let first = prompts.first, let shortest = prompts.map(\.count).min() else { return [] }
    let count = (0..<shortest - 1).first { index in prompts.contains { $0[index] != first[index] } } ?? shortest - 1
    return first[..<count]
  }
}

/// The answer of one fork while it is generated.
private struct ForkedAnswer {
  var text: AnswerText
  private var firstTokenSeconds: Double?
  private var seconds = 0.0

  init(text: AnswerText) { self.text = text }

  mutating func add(_ piece: String, of generated: ForkGenerator.Text, seconds: Double) {
    _ = text.add(piece)
    if generated.stop != nil { _ = text.add(nil) }
    if firstTokenSeconds == nil, !generated.tokens.isEmpty { firstTokenSeconds = seconds }
    self.seconds = seconds
  }

  /// - Parameter commonTokens: tokens of the prompt that were read before the fork began.
  func summary(of generated: ForkGenerator.Text, commonTokens: Int) -> AnswerSummary? {
    generated.stop.map {
      AnswerSummary(
        text: text.text, stop: AnswerSummary.Stop($0), promptTokens: commonTokens + generated.promptTokensRead,
        answerTokens: generated.tokens.count, firstTokenSeconds: firstTokenSeconds ?? seconds, seconds: seconds)
    }
  }
}
