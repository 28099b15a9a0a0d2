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
  func prompt(for question: String) throws -> [Int] { try prompts(forEach: [question])[0] }

  /// For each of several questions, of which only one will be asked, the tokens to be read between the cached ones and
  /// its answer. Room is made for the longest.
  func prompts(forEach questions: [String]) throws -> [[Int]] {
    try readSystemPromptIfNeeded()
    return try promptsBehindCachedTurns(questions) ?? promptsFromStart(questions)
  }

  /// The tokens to be read behind the cached turns. The oldest cached turns are removed where the limit demands it; nil
  /// if none can stay.
  private func promptsBehindCachedTurns(_ questions: [String]) throws -> [[Int]]? {
    guard text.canContinue(hasFrames: layout.hasFrames) else { return nil }
    let unread = turns[text.firstUncachedTurn...]
    var past = text.joint
    var starts: [CachedTurns.Start] = []
    for turn in unread {
      starts.append(prompts.start(ofQuestion: turn.question, at: past.count))
      past += prompts.pastTurn(turn)
    }
    starts += questions.prefix(1).map { prompts.start(ofQuestion: $0, at: past.count) }
    let all = questions.map { past + prompts.question($0) }
    let longest = all.map(\.count).max() ?? 0
    guard text.reserve(for: longest, limit: textLimit, at: layout.textPositions.textPosition),
      try hasCapacity(for: longest + Self.answerReserve)
    else { return nil }
    text.add(turnsAt: starts, conversation: turns.count)
    return all
  }

  /// The tokens to be read when no turn is cached: the end of the vision segment, earlier turns, the question.
  private func promptsFromStart(_ questions: [String]) throws -> [[Int]] {
    text.drop()
    let visionEnd = layout.visionEnd
    var all = questions.map { prompts.text(turns: turns, question: $0, visionEnd: visionEnd, limit: textLimit) }
    func longest() -> Int { all.map(\.tokens.count).max() ?? 0 }
    if try !hasCapacity(for: longest() + Self.answerReserve) {
      all = questions.map { prompts.text(turns: [], question: $0, visionEnd: visionEnd, limit: 0) }
      try ensureCapacity(
        for: longest(), ofQuestion: questions.map { prompts.question($0).count }.max() ?? 0)
    }
    text.begin(at: layout.textPositions.textPosition, hasFrames: layout.hasFrames)
    if layout.hasFrames, let imageNewline = model.vision?.imageNewline {
      try model.language.prefill(
        embeddings: VisionTokenEmbeddings(rows: 1, width: imageNewline.count, values: imageNewline),
        positions: [MRoPEPosition(text: Int32(clamping: text.nextPosition))], into: cache.ticket(for: .text))
    }
    text.add(turnsAt: all[0].starts, conversation: turns.count)
    return all.map(\.tokens)
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
  var textLimit: Int {
    guard let budget = cache.budget else { return model.language.configuration.contextLength }
    return Int(Double(budget) * options.dialogueShare)
  }
}
