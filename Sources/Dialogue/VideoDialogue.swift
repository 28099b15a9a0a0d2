// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Foundation
import Images
import Inference
import Records
import SessionInterface

/// A conversation over a stream: pictures go in, questions are answered from what is held.
///
/// The cache is laid out as system | vision | tail. Pictures are appended to the vision part with the tail aside, so
/// that what is seen never depends on what was said; a question opens a tail, and further ones extend it.
///
/// Not safe to share between threads.
public final class VideoDialogue {
  public internal(set) var turns: [DialogueTurn] = []
  /// Vision tokens read from the stream so far, whether or not they are still held.
  public private(set) var visionTokensRead = 0
  public let options: DialogueOptions

  package let cache: KeyValueCache
  /// Thumbnails of the frames that the cache still holds something of.
  package private(set) var gallery = ThumbnailGallery()
  let model: LoadedModel
  package let template: PromptTokens
  private(set) var layout: StreamLayout
  /// What the tail holds, here or aside; nil while there is none.
  var tail: CachedTurns?
  /// Turns from this one on are still to be read.
  var firstUnread = 0
  private var hasSystemPrompt = false
  private var hasVision = false
  private var hasWarnedOfOffload = false
  private var warnings: [String] = []
  private var compressions: [CompressionReport] = []

  /// Makes an empty cache. The model reads nothing yet, so that whoever shows pictures need not wait for its weights.
  ///
  /// - Throws: `ReportedError.budgetTooSmall` when the budget has no room for the system prompt.
  public init(model: LoadedModel, options: DialogueOptions) throws(ReportedError) {
    self.model = model
    self.options = options
    do {
      cache = try KeyValueCache(model: model, options: options)
      let family = model.vision?.configuration.family ?? .qwen2VL
      template = PromptTokens(model: model, systemPrompt: options.systemPrompt ?? model.preferences.systemPrompt)
      let tokenizer = model.tokenizer
      layout = StreamLayout(
        family: family, visionStart: model.template.visionStart,
        visionEnd: model.template.visionEnd, encode: { tokenizer.encode($0, parsingSpecialTokens: false) })
      try ensureCapacity(for: template.opening.count)
    } catch {
      throw ReportedError(error)
    }
  }

  /// Reads the system prompt, which otherwise waits for the first picture or question. Once is enough.
  public func readSystemPrompt() throws(ReportedError) {
    do { try open() } catch { throw ReportedError(error) }
  }

  func open() throws {
    guard !hasSystemPrompt else { return }
    let tokens = template.opening
    try ensureCapacity(for: tokens.count)
    let positions = layout.text(tokens.count)
    try model.language.prefill(tokens: tokens, positions: positions, cache: cache, segment: .system)
    hasSystemPrompt = true
  }

  /// Checks that the budget has room for the least that makes sense: one temporal patch and the longest of some
  /// questions, so that nobody finds out after an hour of video.
  ///
  /// - Parameters:
  ///   - width: of the pictures that will come, in pixels; `height` likewise.
  ///   - questions: empty when they are not known yet.
  /// - Throws: `ReportedError.budgetTooSmall` with the least budget that works; `visionMissing`.
  public func check(framesOf width: Int, by height: Int, questions: [String] = []) throws(ReportedError) {
    let grid = try vision().configuration.tokenGrid(width: width, height: height)
    let longest = questions.map { template.question($0).count }.max() ?? template.question("").count
    // The time of a day's last frame is written with the most digits that are worth counting on.
    let frame = grid.rows * grid.columns + layout.caption(at: 86399).count
    let tail = closingCount + longest + Self.answerReserve
    let least = systemCount + layout.opening.count + frame + tail
    if let budget = cache.budget, budget < least {
      throw ReportedError(CacheError.budgetTooSmall(budget: budget, least: least))
    }
  }

  /// Tokens of the system prompt, whether or not the model has read it.
  private var systemCount: Int { hasSystemPrompt ? cache.systemCount : template.opening.count }

  private func vision() throws(ReportedError) -> VisionTower {
    if let tower = model.vision { return tower }
    throw .visionMissing(of: model)
  }

  // MARK: The stream

  /// Has the language model read a temporal patch that the vision tower has encoded.
  ///
  /// - Throws: `ReportedError.budgetTooSmall` when the budget has no room for it.
  public func ingest(_ patch: TemporalPatch) throws(ReportedError) {
    do { try read(patch) } catch { throw ReportedError(error) }
  }

  private func read(_ patch: TemporalPatch) throws {
    if !hasVision { try openVision() }
    parkText()
    let caption = layout.caption(at: patch.time)
    try ensureCapacityDroppingText { try ensureCapacity(for: caption.count + patch.grid.tokenCount, in: .vision) }
    let frame = layout.frame(patch.grid, caption: caption.count, lasting: patch.duration)
    try model.language.prefill(tokens: caption, positions: frame.caption, cache: cache, segment: .vision)
    try model.language.prefill(
      vision: patch.embeddings, grid: patch.grid, advance: frame.advance, positions: frame.tokens, cache: cache)
    gallery.add(patch.thumbnail, number: cache.temporalPatchesAppended - 1, time: patch.time)
    visionTokensRead += patch.grid.tokenCount
  }

  private func openVision() throws {
    // Words that stood before any frame are not those that stand behind one.
    dropText()
    try open()
    let opening = layout.opening
    try ensureCapacity(for: opening.count)
    let positions = layout.text(opening.count)
    try model.language.prefill(tokens: opening, positions: positions, cache: cache, segment: .system)
    layout.begin()
    hasVision = true
    try recordProxyQueries()
  }

  /// Makes the room that the longest of some questions needs, so that whichever comes first finds the same held.
  ///
  /// - Throws: `ReportedError.budgetTooSmall` when it has no room even without earlier turns.
  package func ensureCapacity(forQuestions questions: [String]) throws(ReportedError) {
    do {
      try open()
      let longest = questions.map { template.question($0).count }.max() ?? 0
      try ensureCapacity(for: max(0, closingCount + longest + Self.answerReserve - cache.textCount - cache.parkedCount))
    } catch {
      throw ReportedError(error)
    }
  }

  /// Tokens between the last frame and the question.
  private var closingCount: Int { model.template.visionEnd.count + (model.vision?.imageNewline == nil ? 0 : 1) }

  /// Bytes that frames and a question take when nothing is left out, system prompt included, as 16-bit floats.
  package func wholeByteCount(of patches: [TemporalPatch], question: String) -> Int {
    let vision = patches.reduce(0) { $0 + $1.grid.tokenCount + layout.caption(at: $1.time).count }
    let opening = hasVision ? 0 : layout.opening.count
    let tokens = systemCount + opening + vision + closingCount + template.question(question).count
    return tokens * cache.shape.bytesPerToken
  }

  // MARK: What is held

  /// What was asked for and cannot go on, for people to read: each warning once.
  public func takeWarnings() -> [String] {
    defer { warnings = [] }
    return warnings
  }

  /// What compressed the cache since the last call, the newest 64 at most.
  public func takeCompressions() -> [CompressionReport] {
    defer { compressions = [] }
    return compressions
  }

  private static let mostCompressions = 64

  /// Forgets what was said, keeps what was seen.
  public func forgetConversation() {
    turns = []
    dropText()
  }

  /// Adds a turn that nobody spoke, for later ones to build upon.
  package func add(question: String, answer: String, at time: Double) {
    turns.append(
      DialogueTurn(
        question: question, answer: answer, time: time,
        answerTokens: model.tokenizer.encode(answer, parsingSpecialTokens: false)))
  }

  public func setBudget(tokens: Int) throws(ReportedError) {
    do { try ensureCapacityDroppingText { report(try cache.setBudget(tokens)) } } catch { throw ReportedError(error) }
  }

  public func setPolicy(_ policy: RetentionPolicy) throws(ReportedError) {
    do { try ensureCapacityDroppingText { report(try cache.setPolicy(policy)) } } catch { throw ReportedError(error) }
  }

  func dropText() {
    cache.truncateText(to: 0)
    cache.discardParked()
    tail = nil
    firstUnread = 0
  }

  /// Lets frames come as if there were no tail. Its newest turns will be read again, to be seen in the light of what
  /// comes; older ones stay as they were read, so that a question never waits for a long conversation.
  private func parkText() {
    guard cache.textCount > 0, var tail else { return }
    let taken = tail.takeBack(within: options.rereadTokens, held: cache.textCount)
    guard !tail.starts.isEmpty else { return dropText() }
    firstUnread -= taken.turns
    cache.truncateText(to: taken.row)
    cache.parkText()
    self.tail = tail
  }

  /// What has no room beside a tail is tried again without: words can be read again.
  private func ensureCapacityDroppingText(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch CacheError.budgetTooSmall where tail != nil {
      dropText()
      try body()
    }
  }

  func ensureCapacity(for count: Int, in segment: CacheSegment = .text) throws {
    guard let pass = try cache.ensureCapacity(for: count, in: segment) else { return }
    report(pass)
    warnOfOffload()
    // With a tail, its positions would no longer follow the frames'; the next pass without one does it.
    if cache.textCount == 0, cache.positionedTemporalPatches > options.timelineLimit {
      cache.compactPositions()
      layout.goOn(after: cache.nextVisionPosition)
    }
  }

  func warnOfOffload() {
    guard !hasWarnedOfOffload, let failure = cache.offloadFailure else { return }
    hasWarnedOfOffload = true
    warnings.append("\(failure.description); nothing is retrieved from now on")
  }

  private func report(_ pass: CompressionReport?) {
    guard let pass else { return }
    gallery.keep(cache.retainedTemporalPatches())
    if compressions.count == Self.mostCompressions { compressions.removeFirst() }
    compressions.append(pass)
  }

  func hasCapacity(for count: Int) throws -> Bool {
    do {
      try ensureCapacity(for: count)
      return true
    } catch CacheError.budgetTooSmall {
      return false
    }
  }

  /// Room that a question asks for beyond itself, so that a pass in the middle of the first words is rare.
  static let answerReserve = 16
}
