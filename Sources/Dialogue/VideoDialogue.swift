// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Inference
import Records
import Tokenization

/// A conversation about a stream: temporal patches go in, questions are answered from what the cache retains.
///
/// The cache's segments are system | vision | text. Temporal patches are appended to the vision segment while the text
/// segment is parked, so that what is seen does not depend on what was said (but for `q4`, whose ranges both share). A
/// question begins the text segment, and further questions extend it.
///
/// Not safe to share between threads.
public final class VideoDialogue {
  /// Answered questions, the oldest first.
  public private(set) var turns: [DialogueTurn] = []
  /// Vision tokens read from the stream so far, cached or evicted.
  public private(set) var visionTokensRead = 0
  /// Fixed for the dialogue's life.
  public let options: DialogueOptions

  /// System, vision and text segment of this dialogue.
  package let cache: KeyValueCache
  /// Thumbnails of the temporal patches that the cache retains something of.
  package internal(set) var gallery = ThumbnailGallery()
  let model: LoadedModel
  /// Makes token sequences of questions and turns.
  package let prompts: PromptBuilder
  var layout: StreamLayout
  /// `layout` of a dialogue that has read nothing.
  private let emptyLayout: StreamLayout
  var text: CachedConversation
  var notices = DialogueNotices()
  var hasSystemPrompt = false
  private(set) var hasVision = false
  /// Whether the newest version of every place of the stream has been read.
  private var isViewComplete = false
  private var quiet = QuietStretch()
  /// What there was before a provisional temporal patch; nil where the newest is none.
  private var mark: StreamMark?
  /// The answer that is being generated; nil if there is none.
  private var currentAnswer: Int?
  private var answersBegun = 0

  /// Makes an empty cache. The model reads nothing yet, so that whoever shows frames need not wait for its weights.
  ///
  /// - Throws: `ReportedError.budgetTooSmall` when the budget has no room for the system prompt.
  public init(model: LoadedModel, options: DialogueOptions) throws(ReportedError) {
    self.model = model
    self.options = options
    do {
      cache = try options.makeCache(for: model)
      text = CachedConversation(cache: cache, rotation: model.language.configuration.textRoPE)
      prompts = PromptBuilder(model: model, systemPrompt: options.systemPrompt ?? model.preferences.systemPrompt)
      let tokenizer = model.tokenizer
      layout = StreamLayout(
        family: model.vision?.configuration.family ?? .qwen2VL, visionLead: model.template.visionLead,
        visionStart: model.template.visionStart, visionEnd: model.template.visionEnd,
        visionEndText: model.template.visionEndText, introductionStart: model.template.introductionStart,
        encode: { tokenizer.encode($0, parsingSpecialTokens: true) })
      emptyLayout = layout
      try ensureCapacity(for: prompts.opening.count)
    } catch {
      throw ReportedError(error)
    }
    warnOfBudget()
  }

  /// A second dialogue that has seen and said the same; from here on each goes its own way.
  ///
  /// - Parameters:
  ///   - other: no answer is under way.
  ///   - offloadPath: as `KeyValueCache.copy` says.
  /// - Throws: `ReportedError.insufficientMemory` or `offloadUnusable`.
  public init(copying other: VideoDialogue, offloadPath: String? = nil) throws(ReportedError) {
    precondition(other.currentAnswer == nil, "an answer is under way")
    do { cache = try other.cache.copy(offloadPath: offloadPath) } catch { throw ReportedError(error) }
    (model, options, prompts) = (other.model, other.options, other.prompts)
    (turns, visionTokensRead, gallery) = (other.turns, other.visionTokensRead, other.gallery)
    (layout, emptyLayout, text) = (other.layout, other.emptyLayout, other.text.copy(in: cache))
    (hasSystemPrompt, hasVision, isViewComplete) = (other.hasSystemPrompt, other.hasVision, other.isViewComplete)
    (quiet, mark) = (other.quiet, other.mark)
  }

  // MARK: The system prompt

  /// Reads the system prompt, which otherwise waits for the first temporal patch or question. Once is enough.
  ///
  /// - Throws: `ReportedError.budgetTooSmall` when the budget has no room for it.
  public func readSystemPrompt() throws(ReportedError) {
    do { try readSystemPromptIfNeeded() } catch { throw ReportedError(error) }
  }

  func readSystemPromptIfNeeded() throws {
    guard !hasSystemPrompt else { return }
    try read(system: prompts.opening)
    hasSystemPrompt = true
  }

  private func read(system tokens: [Int]) throws {
    try ensureCapacity(for: tokens.count)
    let positions = layout.text(tokens.count)
    do {
      try model.language.prefill(tokens: tokens, positions: positions, into: cache.ticket(for: .system))
    } catch {
      // The next attempt starts over: what was read of the prompt is incomplete, and nothing is behind it.
      cache.removeAll()
      layout = emptyLayout
      hasSystemPrompt = false
      throw error
    }
  }

  // MARK: The stream

  /// Has the language model read a temporal patch that the vision tower has encoded.
  ///
  /// - Throws: `ReportedError.budgetTooSmall` when the budget has no room for it.
  public func ingest(_ patch: TemporalPatch) throws(ReportedError) {
    do {
      try prepare(for: patch)
      try read(patch, isProvisional: false)
    } catch {
      // Its changes are missed by the patches after it.
      isViewComplete = false
      throw ReportedError(error)
    }
  }

  /// Has the language model read a temporal patch that questions are about to be asked about, and that is taken back
  /// before the next one is read, which stands in its place. It stays where a compression is needed behind it, so room
  /// for the questions is made before.
  ///
  /// - Throws: as `ingest`.
  public func ingest(provisional patch: TemporalPatch, asking questions: [String]) throws(ReportedError) {
    do {
      try prepare(for: patch)
      let tokens = changedTokens(of: patch)
      if tokens?.isEmpty == true { return }
      let count = layout.caption(at: patch.time).count + (tokens?.count ?? patch.grid.tokenCount)
      // A question that is too long takes no room from the others.
      for question in capacities(forQuestions: questions) {
        if try hasCapacity(for: count + question, in: .vision) { break }
      }
      try read(patch, isProvisional: true)
    } catch {
      throw ReportedError(error)
    }
  }

  /// Whether the newest temporal patch is provisional and will be taken back: no compression came behind it.
  var isNewestPatchProvisional: Bool { mark?.compressions == cache.compressionCount }

  /// Takes back a provisional temporal patch in whose place nothing is read; without effect where there is none.
  public func withdrawProvisional() {
    guard mark != nil else { return }
    forgetAnswer()
    text.park(rereading: options.rereadTokens)
    withdrawProvisionalPatch()
  }

  private func prepare(for patch: TemporalPatch) throws {
    forgetAnswer()
    if !hasVision { try beginVision(with: patch) }
    text.park(rereading: options.rereadTokens)
    withdrawProvisionalPatch()
  }

  private func beginVision(with patch: TemporalPatch) throws {
    // Keys and values of text read before any frame are not valid behind one.
    text.drop()
    try readSystemPromptIfNeeded()
    try read(system: patch.isStill ? layout.imageStart : layout.visionStart)
    layout.beginVision()
    hasVision = true
    try recordProxyQueries()
  }

  /// What is known of the stream.
  private struct StreamMark {
    let layout: StreamLayout
    let gallery: ThumbnailGallery
    let quiet: QuietStretch
    let isViewComplete: Bool
    let visionTokensRead: Int
    /// Compressions of the cache.
    let compressions: Int
  }

  private func withdrawProvisionalPatch() {
    defer { mark = nil }
    guard let mark, cache.withdrawProvisionalPatch() else { return }
    (layout, gallery, quiet) = (mark.layout, mark.gallery, mark.quiet)
    (isViewComplete, visionTokensRead) = (mark.isViewComplete, mark.visionTokensRead)
  }

  /// The tokens of a patch that are read, ascending; nil for all.
  private func changedTokens(of patch: TemporalPatch) -> [Int32]? {
    let isSparse = isViewComplete && model.visionEncoding.isReadSparsely && cache.canAppendSparsely(patch.grid)
    return isSparse ? patch.changedTokens : nil
  }

  private func read(_ patch: TemporalPatch, isProvisional: Bool) throws {
    let changed = changedTokens(of: patch)
    let isQuiet = changed?.isEmpty == true
    if isQuiet, !quiet.reads(to: patch.end, duration: patch.duration) { return }
    let caption = layout.caption(at: patch.isStill ? nil : patch.time)
    let tokens = try makeRoom(for: patch, tokens: changed, captionTokens: caption.count)
    if isProvisional {
      mark = StreamMark(
        layout: layout, gallery: gallery, quiet: quiet, isViewComplete: isViewComplete,
        visionTokensRead: visionTokensRead, compressions: cache.compressionCount)
      cache.beginProvisionalPatch()
    }
    let positions = layout.append(
      patch.grid, captionTokens: caption.count, duration: patch.duration + quiet.take(isQuiet: isQuiet),
      isStill: patch.isStill)
    try model.language.prefill(tokens: caption, positions: positions.caption, into: cache.ticket(for: .vision))
    try model.language.prefill(
      embeddings: tokens.map(patch.embeddings.rows) ?? patch.embeddings,
      positions: tokens.map { $0.map { positions.patch[Int($0)] } } ?? positions.patch,
      into: cache.ticket(for: .vision, grid: patch.grid, places: tokens, advance: positions.advance))
    isViewComplete = !patch.isStill
    gallery.add(patch.thumbnail, number: cache.temporalPatchesAppended - 1, time: patch.time)
    visionTokensRead += tokens?.count ?? patch.grid.tokenCount
  }

  /// Makes room in the cache.
  ///
  /// - Parameter tokens: those that have changed; nil where all may have.
  /// - Returns: those that are read, ascending; nil for all.
  private func makeRoom(for patch: TemporalPatch, tokens: [Int32]?, captionTokens: Int) throws -> [Int32]? {
    if var tokens {
      // A moment in which nothing changed is read by one token.
      if tokens.isEmpty { tokens = [Int32(cache.temporalPatchesAppended % patch.grid.tokenCount)] }
      try ensureCapacityDroppingText { try ensureCapacity(for: captionTokens + tokens.count, in: .vision) }
      // A compression may have left nothing to build upon.
      if cache.canAppendSparsely(patch.grid) { return tokens }
    }
    try ensureCapacityDroppingText { try ensureCapacity(for: captionTokens + patch.grid.tokenCount, in: .vision) }
    return nil
  }

  // MARK: The conversation

  /// Forgets the conversation. The vision segment stays.
  public func forgetConversation() {
    forgetAnswer()
    turns = []
    text.drop()
  }

  /// Adds a turn that nobody spoke, for later ones to build upon.
  package func add(question: String, answer: String, at time: Double) {
    forgetAnswer()
    turns.append(
      DialogueTurn(
        question: question, answer: answer, time: time,
        answerTokens: model.tokenizer.encode(model.template.answerStart + answer, parsingSpecialTokens: false)))
  }

  /// Takes back the newest turn, as if nobody had spoken it.
  func forgetNewestTurn() {
    guard let newest = turns.indices.last else { return }
    let isCached = text.firstUncachedTurn > newest
    turns.removeLast()
    if isCached { text.removeNewestTurn(first: newest) }
  }

  // MARK: The answer under way

  /// Says that the prompt of an answer is about to be read.
  ///
  /// - Returns: the answer's number.
  func beginAnswer() -> Int {
    answersBegun += 1
    currentAnswer = answersBegun
    return answersBegun
  }

  func expect(answer number: Int) {
    precondition(number == currentAnswer, "the dialogue has gone on without this answer")
  }

  /// Ends the answer under way.
  ///
  /// - Parameters:
  ///   - isCached: whether later turns may build upon its keys and values.
  ///   - unread: the last token, where the model has not read it.
  func end(_ turn: DialogueTurn, isCached: Bool, unread: Int?) {
    currentAnswer = nil
    turns.append(turn)
    if isCached && model.template.pastQuestionsStay {
      text.endTurn(joint: (unread.map { [$0] } ?? []) + prompts.nextTurn, conversation: turns.count)
    } else {
      text.removeNewestTurn(first: turns.count - 1)
    }
  }

  /// Forgets an answer that was not pulled to its end, or that failed.
  func forgetAnswer() {
    guard currentAnswer != nil else { return }
    currentAnswer = nil
    text.drop()
  }
}
