// SPDX-License-Identifier: Apache-2.0

import Inference
import Records
import SessionInterface

/// An answer while it is generated. The work is pulled, piece by piece:
///
///     var answer = try dialogue.begin(answering: question, at: time)
///     while let piece = try answer.next(isCancelled: stop.isStopped) { show(piece) }
///     let summary = answer.summary
///
/// An answer is part of the conversation once it is over. One that is not pulled to its end is forgotten as soon as
/// the dialogue goes on with something else.
public struct AnswerGeneration {
  private let dialogue: VideoDialogue
  /// Which of the dialogue's answers this is.
  private let number: Int
  private let question: String
  /// Stream time of the question, in seconds.
  private let time: Double
  private let start: ContinuousClock.Instant
  private var generator: TokenGenerator
  private var answer: AnswerText
  private var firstTokenSeconds: Double?
  private var seconds = 0.0
  private var isOver = false

  init(
    of question: String, at time: Double, since start: ContinuousClock.Instant, in dialogue: VideoDialogue,
    number: Int, reader: TokenIngest
  ) {
    self.dialogue = dialogue
    self.number = number
    self.question = question
    self.time = time
    self.start = start
    generator = TokenGenerator(
      model: dialogue.model, reader: reader, sampling: dialogue.options.sampling,
      maximumTokens: dialogue.options.maximumAnswerTokens, grammar: dialogue.options.grammar)
    answer = AnswerText(dialogue.model.template)
  }

  /// Reads a block of the prompt, or generates a token.
  ///
  /// - Parameter isCancelled: ends the answer; its words so far stay part of the conversation.
  /// - Returns: the characters of the answer that became complete, often none; nil once it is over.
  /// - Throws: `ReportedError` where the model or the cache refuses.
  /// - Precondition: the dialogue has gone on with nothing else.
  public mutating func next(isCancelled: Bool = false) throws(ReportedError) -> String? {
    if isOver { return nil }
    dialogue.expect(answer: number)
    let piece: String
    do throws(ReportedError) {
      let generated = try generator.next(isCancelled: isCancelled)
      dialogue.note(generator.takeCompressions())
      isOver = generated == nil
      piece = answer.add(generated)
    } catch {
      dialogue.forgetAnswer()
      throw error
    }
    if firstTokenSeconds == nil, !generator.tokens.isEmpty { firstTokenSeconds = elapsed }
    guard isOver else { return piece }
    seconds = elapsed
    finish()
    return piece.isEmpty ? nil : piece
  }

  /// Makes the answer part of the conversation.
  private func finish() {
    let model = dialogue.model
    let answerTokens =
      answer.hasThought
      ? model.tokenizer.encode(model.template.answerStart + answer.text, parsingSpecialTokens: false)
      : generator.tokens
    // Nothing may build upon a prompt that was broken off, and thoughts are left out of later prompts.
    let isCached = generator.stop != .cancelled && !answer.hasThought
    dialogue.end(
      DialogueTurn(question: question, answer: answer.text, time: time, answerTokens: answerTokens), isCached: isCached,
      unread: generator.unreadToken)
  }

  private var elapsed: Double { (ContinuousClock.now - start) / .seconds(1) }

  /// How the answer ended and what it took.
  ///
  /// - Precondition: it is over.
  public var summary: AnswerSummary {
    guard isOver, let stop = generator.stop else { preconditionFailure("the answer is not over") }
    return AnswerSummary(
      text: answer.text, stop: AnswerSummary.Stop(stop), promptTokens: generator.promptTokensRead,
      answerTokens: generator.tokens.count, firstTokenSeconds: firstTokenSeconds ?? seconds, seconds: seconds)
  }
}

extension AnswerSummary.Stop {
  init(_ stop: TokenGenerator.Stop) {
    switch stop {
    case .end: self = .end
    case .length: self = .length
    case .capacity: self = .budget
    case .cancelled: self = .cancelled
    }
  }
}
