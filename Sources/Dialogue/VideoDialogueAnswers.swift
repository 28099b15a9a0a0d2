// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Foundation
import Records
import SessionInterface

extension VideoDialogue {
  /// Answers a question from what is held.
  ///
  /// - Parameters:
  ///   - time: stream time of the question, kept with the turn.
  ///   - start: when the question was asked.
  ///   - isCancelled: asked between tokens and between blocks of the prompt.
  ///   - emit: receives each piece of the answer as soon as it is whole characters.
  /// - Throws: `ReportedError.budgetTooSmall` when the question does not fit even without the earlier turns.
  public func answer(
    _ question: String, at time: Double, since start: ContinuousClock.Instant = .now, isCancelled: () -> Bool,
    emit: (String) -> Void
  ) throws(ReportedError) -> AnswerSummary {
    do {
      let promptTokens = try readPrompt(for: template.question(question), isCancelled: isCancelled)
      var decoding = AnswerDecoding(model: model, options: options)
      warnOfOffload()
      let (stop, unread) = try decode(&decoding, start: start, isCancelled: isCancelled, emit: emit)
      turns.append(
        DialogueTurn(
          question: question, answer: decoding.text, time: time,
          answerTokens: decoding.hasThought
            ? model.tokenizer.encode(decoding.text, parsingSpecialTokens: false) : decoding.tokens))
      // A prompt that was broken off must not be built upon, and thoughts are left out of later ones.
      if stop != .cancelled && !decoding.hasThought && model.template.pastQuestionsStay {
        tail?.joint = unread + template.nextTurn
        firstUnread = turns.count
      } else {
        takeBackTurn()
      }
      return AnswerSummary(
        text: decoding.text, stop: stop, promptTokens: promptTokens, answerTokens: decoding.tokens.count,
        firstTokenSeconds: decoding.firstTokenSeconds ?? seconds(since: start), seconds: seconds(since: start))
    } catch {
      dropText()
      throw ReportedError(error)
    }
  }

  /// Cuts the newest turn off the tail; its words are read with the next question.
  private func takeBackTurn() {
    guard let row = tail?.takeBack(), row <= cache.textCount else { return dropText() }
    cache.truncateText(to: row)
    firstUnread = turns.count - 1
  }

  // MARK: The prompt

  /// Reads what stands between what is held and the answer; returns its length in tokens.
  private func readPrompt(for question: [Int], isCancelled: () -> Bool) throws -> Int {
    try open()
    var prompt: [Int]
    if let more = try promptGoingOn(to: question) {
      prompt = more
    } else {
      dropText()
      prompt = try promptBeginningAnew(with: question)
    }
    firstUnread = turns.count
    var start = 0
    while start < prompt.count && !isCancelled() {
      let end = min(start + Self.promptBlock, prompt.count)
      let position = nextPosition().time
      let positions = (0..<Int32(end - start)).map { MRoPEPosition(text: position &+ $0) }
      try model.language.prefill(
        tokens: Array(prompt[start..<end]), positions: positions, cache: cache, segment: .text, retrieving: true)
      start = end
    }
    return prompt.count
  }

  /// What is read behind the tail that there is, which becomes as many turns shorter as the limit demands; nil where
  /// it cannot be gone on with.
  private func promptGoingOn(to question: [Int]) throws -> [Int]? {
    guard var tail, tail.hasFrames == layout.hasFrames else { return nil }
    let unread = turns[firstUnread...].map { template.pastTurn($0) }
    let prompt = tail.joint + unread.joined() + question
    let excess = cache.textCount + cache.parkedCount + prompt.count - textLimit
    let removed = tail.oldest(excess)
    guard excess <= 0 || removed != nil else { return nil }

    let rotation = model.language.configuration.textRoPE
    if cache.parkedCount > 0 {
      let origin = layout.tail.textPosition
      cache.reattachText(movedBy: origin - tail.origin, rotation: rotation)
      tail.origin = origin
    }
    if let removed {
      cache.removeFromText(removed, rotation: rotation)
      tail.remove(removed)
    }
    guard try hasCapacity(for: prompt.count + Self.answerReserve) else { return nil }
    var row = cache.textCount + tail.joint.count
    for tokens in unread {
      tail.begin(at: row)
      row += tokens.count
    }
    tail.begin(at: row)
    self.tail = tail
    return prompt
  }

  /// What is read where there is no tail: what closes the vision part, earlier turns and the question.
  private func promptBeginningAnew(with question: [Int]) throws -> [Int] {
    let visionEnd = layout.hasFrames ? layout.closing : nil
    var prompt = template.tail(turns: turns, question: question, visionEnd: visionEnd, limit: textLimit)
    if try !hasCapacity(for: prompt.tokens.count + Self.answerReserve) {
      prompt = template.tail(turns: [], question: question, visionEnd: visionEnd, limit: 0)
      try ensureCapacity(for: prompt.tokens.count + Self.answerReserve)
    }
    tail = CachedTurns(origin: layout.tail.textPosition, hasFrames: layout.hasFrames)
    if layout.hasFrames, let imageNewline = model.vision?.imageNewline {
      try model.language.prefill(
        vectors: VisionEmbeddings(rows: 1, width: imageNewline.count, values: imageNewline),
        positions: [nextPosition()],
        cache: cache)
    }
    for start in prompt.starts { tail?.begin(at: cache.textCount + start) }
    return prompt.tokens
  }

  /// The most tokens that earlier turns and the question may take before the oldest turns are left out.
  private var textLimit: Int {
    guard let budget = cache.budget else { return model.language.configuration.contextLength }
    return Int(Double(budget) * options.dialogueShare)
  }

  /// Tokens of a prompt read between two looks at the cancellation.
  private static let promptBlock = 256

  // MARK: Decoding

  /// - Returns: why it stopped, and the tokens of the answer that the model has not read.
  private func decode(
    _ decoding: inout AnswerDecoding, start: ContinuousClock.Instant, isCancelled: () -> Bool, emit: (String) -> Void
  ) throws -> (stop: AnswerSummary.Stop, unread: [Int]) {
    var unread: [Int] = []
    func finish(_ stop: AnswerSummary.Stop) -> (AnswerSummary.Stop, [Int]) {
      let rest = decoding.finish()
      if !rest.isEmpty { emit(rest) }
      return (stop, unread)
    }
    while true {
      if isCancelled() { return finish(.cancelled) }
      guard let token = decoding.next(logits: model.language.logits) else { return finish(.end) }
      if decoding.firstTokenSeconds == nil { decoding.firstTokenSeconds = seconds(since: start) }
      let piece = decoding.accept(token)
      if !piece.isEmpty { emit(piece) }
      unread = [token]
      if decoding.tokens.count >= options.maximumAnswerTokens { return finish(.length) }
      guard try hasCapacity(for: 1) else { return finish(.budget) }
      try model.language.decode(token: token, position: nextPosition(), cache: cache)
      unread = []
    }
  }

  /// Where the tail's next token stands.
  private func nextPosition() -> MRoPEPosition {
    MRoPEPosition(text: Int32(clamping: (tail?.origin ?? 0) + cache.textCount))
  }

  private func seconds(since start: ContinuousClock.Instant) -> Double {
    (ContinuousClock.now - start) / .seconds(1)
  }
}
