// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Inference
import Platform
import Records
import SessionInterface
import Video

/// Has models read the videos of conversations, as a stream, and their turns, with the answers that are known.
///
/// Several models may read one after the other: a video is encoded once, by the first.
struct ConversationReader {
  private let path: String
  private let options: DialogueOptions
  private let settings = StreamSettings()
  /// The video that was encoded last.
  private var encoded: (video: String, patches: [TemporalPatch])?

  /// - Parameter path: of the file, for messages.
  init(path: String, maximumAnswerTokens: Int) {
    self.path = path
    var options = DialogueOptions()
    options.policy = .full
    options.type = .f16
    options.maximumAnswerTokens = maximumAnswerTokens
    self.options = options
  }

  /// The patches of a conversation's video; nil where it was stopped.
  ///
  /// - Throws: what keeps a frame from being read, or `ReportedError`.
  mutating func patches(
    of conversation: Conversation, model: LoadedModel, stop: StopSource, on runner: isolated any Actor
  ) async throws -> [TemporalPatch]? {
    guard let video = conversation.video else { return [] }
    if let encoded, encoded.video == video { return encoded.patches }
    var new = EncodedTemporalPatches(model: model)
    do { try await settings.show(clip: video, to: &new, model: model, stop: stop, on: runner) } catch {
      guard let error = error as? VideoError else { throw error }
      throw EvaluationError.badLine(path: path, line: conversation.line, detail: error.description)
    }
    if stop.isStopped { return nil }
    try new.finish()
    encoded = (video, new.patches)
    return new.patches
  }

  /// A model's dialogue of a conversation, before its first turn.
  func dialogue(of conversation: Conversation, model: LoadedModel) throws(ReportedError) -> ConversationDialogue {
    var options = options
    options.systemPrompt = conversation.systemPrompt
    return ConversationDialogue(
      path: path, conversation: conversation, dialogue: try VideoDialogue(model: model, options: options),
      model: model)
  }
}

/// One model's dialogue of one conversation.
struct ConversationDialogue {
  let path: String
  let conversation: Conversation
  private let dialogue: VideoDialogue
  private let model: LoadedModel
  private var patchesIngested = 0

  init(path: String, conversation: Conversation, dialogue: VideoDialogue, model: LoadedModel) {
    self.path = path
    self.conversation = conversation
    self.dialogue = dialogue
    self.model = model
  }

  /// Has the model read the patches before a turn.
  ///
  /// - Returns: false where it was stopped.
  mutating func ingest(
    _ patches: [TemporalPatch], until turn: Int, stop: StopSource
  ) throws(ReportedError) -> Bool {
    while patchesIngested < patches.count, patches[patchesIngested].end < conversation.turns[turn].time {
      if stop.isStopped { return false }
      try dialogue.ingest(patches[patchesIngested])
      patchesIngested += 1
      try check(length: tokens)
    }
    return true
  }

  /// The tokens of a turn's answer; nil where it is not known.
  func answerTokens(of turn: Int) -> [Int]? {
    conversation.turns[turn].answer.map {
      model.tokenizer.encode(model.template.answerStart + $0, parsingSpecialTokens: false)
    }
  }

  /// The logits before each token of an answer, after the earlier turns with their answers.
  func logits(of turn: Int, answer: [Int]) throws(ReportedError) -> [[Float]] {
    recall(before: turn)
    try checkLength(before: turn, answer: answer.count)
    let logits = try dialogue.logits(answering: conversation.turns[turn].question, with: answer)
    return logits
  }

  /// The model's own answer, after the earlier turns with their answers; nil where it was stopped.
  func answer(_ turn: Int, stop: StopSource) throws(ReportedError) -> AnswerSummary? {
    recall(before: turn)
    try checkLength(before: turn, answer: 0)
    let asked = conversation.turns[turn]
    let summary = try dialogue.answer(asked.question, at: asked.time.isFinite ? asked.time : 0, stop: stop)
    return summary.stop == .cancelled ? nil : summary
  }

  /// Tokens in the KV cache.
  var tokens: Int {
    var statistics = SessionStatistics()
    dialogue.describe(into: &statistics)
    return statistics.cachedTokens
  }

  /// Most tokens in the KV cache so far.
  var peakTokens: Int {
    var statistics = SessionStatistics()
    dialogue.describe(into: &statistics)
    return statistics.peakTokens
  }

  /// Makes the earlier turns, with the answers that are known, all that was said.
  private func recall(before turn: Int) {
    dialogue.forgetConversation()
    for earlier in conversation.turns[..<turn] {
      guard let answer = earlier.answer else { continue }
      dialogue.add(question: earlier.question, answer: answer, at: earlier.time.isFinite ? earlier.time : 0)
    }
  }

  /// Refuses what is longer than the context before the model reads it.
  private func checkLength(before turn: Int, answer: Int) throws(ReportedError) {
    var length = tokens + answer
    for (index, asked) in conversation.turns[...turn].enumerated() {
      let words = asked.question + (index < turn ? asked.answer ?? "" : "")
      length += model.tokenizer.encode(words, parsingSpecialTokens: false).count
    }
    try check(length: length)
  }

  private func check(length: Int) throws(ReportedError) {
    let limit = model.language.configuration.contextLength
    guard length > limit else { return }
    throw .requestMalformed(
      message:
        "\(path), line \(conversation.line): it takes \(length) tokens, more than the model's context of \(limit)"
    )
  }
}

extension StreamSettings {
  /// Decodes a clip and gives its sampled frames to an encoder.
  ///
  /// - Throws: `VideoError` where the clip cannot be read, `ReportedError` where a frame cannot be encoded.
  func show(
    clip path: String, to encoded: inout EncodedTemporalPatches, model: LoadedModel, stop: StopSource,
    on runner: isolated any Actor
  ) async throws {
    let source = VideoSource(path)
    let options = try options(for: model, isHeadless: true)
    let opened = try await unlessStopped(stop) { try await VideoStream.open(source, options: options) }
    guard let video = opened else { return }
    defer { video.stop() }
    try await withStopHandler(stop, isolation: runner) {
      while !stop.isStopped, let timed = await video.next() { try encoded.add(timed.image, at: timed.time) }
    } onStop: {
      video.stop()
    }
    if !stop.isStopped, let failure = video.failure { throw failure }
  }
}
