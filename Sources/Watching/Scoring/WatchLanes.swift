// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Inference
import Records

/// What the questions of watches are asked about: the newest frames alone, and everything that is remembered.
///
/// Whoever rang an hour ago is still remembered. Asked about all of it, “is somebody at the door?” would be answered
/// with yes. A question about now therefore sees a dialogue that has the newest temporal patches and nothing else. They
/// are encoded once for both.
struct WatchLanes {
  /// Has read the system prompt and nothing else.
  private let empty: VideoDialogue
  /// The newest temporal patches, the oldest first.
  private var newest: [TemporalPatch] = []
  /// Remembers the stream; nil where no watch asks for that.
  private let memory: VideoDialogue?
  private let tokens: YesNoTokens

  /// Temporal patches that a question about now sees: two seconds at two frames a second.
  private static let newestPatches = 2

  /// - Throws: `ReportedError` as `VideoDialogue.init`; `unsupported` for a vocabulary without yes and no.
  init(model: LoadedModel, dialogue: DialogueOptions, remembers: Bool) throws(ReportedError) {
    guard let tokens = YesNoTokens(model) else {
      throw ReportedError(.unsupported, "\(model.name) has no words for yes and no, so nothing can be watched for")
    }
    self.tokens = tokens
    var options = dialogue
    options.policy = .full
    options.offload = nil
    empty = try VideoDialogue(model: model, options: options)
    try empty.readSystemPrompt()
    memory = remembers ? try VideoDialogue(model: model, options: dialogue) : nil
  }

  /// Takes the next temporal patch of the stream.
  ///
  /// - Throws: as `VideoDialogue.ingest`.
  mutating func add(_ patch: TemporalPatch) throws(ReportedError) {
    newest = newest.suffix(Self.newestPatches - 1) + [patch]
    try memory?.ingest(patch)
  }

  /// The scores of the watches' questions, each about what its kind sees: log p(yes) − log p(no), in nats.
  func scores(of watches: [Watch]) throws(ReportedError) -> [Double] {
    let isRemembered = watches.map { $0.kind == .since }
    let now = try view()
    var ofNow = try scores(
      of: zip(watches, isRemembered).filter { !$1 }.map(\.0.question), in: now)[...]
    var ofMemory = try scores(of: zip(watches, isRemembered).filter { $1 }.map(\.0.question), in: memory ?? now)[...]
    return isRemembered.map { $0 ? ofMemory.removeFirst() : ofNow.removeFirst() }
  }

  /// The scores of questions about one temporal patch alone.
  func scores(of watches: [Watch], about patch: TemporalPatch) throws(ReportedError) -> [Double] {
    let view = try VideoDialogue(copying: empty)
    try view.ingest(patch)
    return try scores(of: watches.map(\.question), in: view)
  }

  /// What the model answers to a watch's question, in words.
  func answer(to watch: Watch, at time: Double) throws(ReportedError) -> String {
    guard watch.kind == .since, let memory else { return try view().answer(watch.question, at: time).text }
    defer { memory.forgetConversation() }
    return try memory.answer(watch.question, at: time).text
  }

  private func view() throws(ReportedError) -> VideoDialogue {
    let view = try VideoDialogue(copying: empty)
    for patch in newest { try view.ingest(patch) }
    return view
  }

  private func scores(of questions: [String], in view: VideoDialogue) throws(ReportedError) -> [Double] {
    try view.logOdds(each: questions, of: tokens.yes, over: tokens.no)
  }
}
