// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Inference
import Platform
import Records
import SessionInterface

extension VideoDialogue {
  /// Begins to answer a question from the cached tokens.
  ///
  /// - Parameters:
  ///   - time: stream time of the question in seconds, kept with the turn.
  ///   - start: when the question was asked; the answer's seconds count from there.
  /// - Throws: `ReportedError.budgetTooSmall` when the question does not fit even without the earlier turns.
  public func begin(
    answering question: String, at time: Double, since start: ContinuousClock.Instant = .now
  ) throws(ReportedError) -> AnswerGeneration {
    forgetAnswer()
    do {
      let prompt = try prompt(for: question)
      let reader = TokenIngest(
        prompt: prompt[...], at: text.nextPosition, into: cache, isRetrieving: true, language: model.language)
      return AnswerGeneration(
        of: question, at: time, since: start, in: self, number: beginAnswer(), reader: reader)
    } catch {
      text.drop()
      throw ReportedError(error)
    }
  }

  /// Answers a question in one go.
  ///
  /// - Parameter stop: ends the answer; looked at between tokens and between blocks of the prompt.
  /// - Throws: as `begin`.
  public func answer(
    _ question: String, at time: Double, stop: StopSource? = nil
  ) throws(ReportedError) -> AnswerSummary {
    var answer = try begin(answering: question, at: time)
    while try answer.next(isCancelled: stop?.isStopped == true) != nil {}
    return answer.summary
  }

  // MARK: The prompt

  /// The tokens to be read between the cached ones and the answer.
  func prompt(for question: String) throws -> [Int] {
    try readSystemPromptIfNeeded()
    return try promptBehindCachedTurns(question) ?? promptFromStart(question)
  }

  /// The tokens to be read behind the cached turns. The oldest cached turns are removed where the limit demands it; nil
  /// if none can stay.
  private func promptBehindCachedTurns(_ question: String) throws -> [Int]? {
    guard text.canContinue(hasFrames: layout.hasFrames) else { return nil }
    let unread = turns[text.firstUncachedTurn...]
    var prompt = text.joint
    var starts: [CachedTurns.Start] = []
    for turn in unread {
      starts.append(prompts.start(ofQuestion: turn.question, at: prompt.count))
      prompt += prompts.pastTurn(turn)
    }
    starts.append(prompts.start(ofQuestion: question, at: prompt.count))
    prompt += prompts.question(question)
    guard text.reserve(for: prompt.count, limit: textLimit, at: layout.textPositions.textPosition),
      try hasCapacity(for: prompt.count + Self.answerReserve)
    else { return nil }
    text.add(turnsAt: starts, conversation: turns.count)
    return prompt
  }

  /// The tokens to be read when no turn is cached: the end of the vision segment, earlier turns, the question.
  private func promptFromStart(_ question: String) throws -> [Int] {
    text.drop()
    let visionEnd = layout.visionEnd
    var prompt = prompts.text(turns: turns, question: question, visionEnd: visionEnd, limit: textLimit)
    if try !hasCapacity(for: prompt.tokens.count + Self.answerReserve) {
      prompt = prompts.text(turns: [], question: question, visionEnd: visionEnd, limit: 0)
      try ensureCapacity(for: prompt.tokens.count, ofQuestion: prompts.question(question).count)
    }
    text.begin(at: layout.textPositions.textPosition, hasFrames: layout.hasFrames)
    if layout.hasFrames, let imageNewline = model.vision?.imageNewline {
      try model.language.prefill(
        embeddings: VisionTokenEmbeddings(rows: 1, width: imageNewline.count, values: imageNewline),
        positions: [MRoPEPosition(text: Int32(clamping: text.nextPosition))], into: cache.ticket(for: .text))
    }
    text.add(turnsAt: prompt.starts, conversation: turns.count)
    return prompt.tokens
  }

  /// Makes room for a prompt and an answer. A question that takes much of the budget is named as the reason.
  private func ensureCapacity(for promptCount: Int, ofQuestion questionCount: Int) throws {
    do {
      try ensureCapacity(for: promptCount + Self.answerReserve)
    } catch CacheError.budgetTooSmall(let budget, let least) {
      throw Self.tooLong(question: questionCount, budget: budget, least: least)
        ?? ReportedError(CacheError.budgetTooSmall(budget: budget, least: least))
    }
  }

  /// The most tokens that earlier turns and the question may take before the oldest turns are left out.
  private var textLimit: Int {
    guard let budget = cache.budget else { return model.language.configuration.contextLength }
    return Int(Double(budget) * options.dialogueShare)
  }
}
