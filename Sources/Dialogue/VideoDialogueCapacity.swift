// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Inference
import Records
import SessionInterface

/// Capacity of the cache, evictions that make room for more tokens, and notices of both.
extension VideoDialogue {
  // MARK: Limits

  /// Checks that the budget has room for the least that makes sense: one temporal patch and the shortest of some
  /// questions, so that nobody finds out after an hour of video. A longer one that has no room fails when it is asked,
  /// and the others are answered.
  ///
  /// - Parameters:
  ///   - width: of the frames that will come, in pixels.
  ///   - height: of the frames that will come, in pixels.
  ///   - questions: empty when they are not known yet.
  /// - Throws: `ReportedError.budgetTooSmall` with the least budget that works for all; `visionMissing`.
  public func check(framesOf width: Int, by height: Int, questions: [String] = []) throws(ReportedError) {
    guard let tower = model.vision else { throw .visionMissing(of: model) }
    let grid = tower.configuration.tokenGrid(width: width, height: height)
    let counts = questions.isEmpty ? [prompts.question("", after: "").count] : tokenCounts(of: questions)
    let (shortest, longest) = (counts.min() ?? 0, counts.max() ?? 0)
    // The last second of a day is written with the most digits that are worth counting on.
    let patch = grid.rows * grid.columns + layout.caption(at: 86399).count
    let rest = systemCount + layout.visionStart.count + patch + visionEndCount + Self.answerReserve
    guard let budget = cache.budget, cache.largerBudget(for: rest + shortest) != nil,
      let least = cache.largerBudget(for: rest + longest)
    else { return }
    throw Self.tooLong(question: questions.isEmpty ? 0 : longest, budget: budget, least: least)
      ?? ReportedError(CacheError.budgetTooSmall(budget: budget, least: least))
  }

  /// The error of a question that takes much of a budget, and for which there is room when it is shorter; nil for any
  /// other.
  ///
  /// - Parameters:
  ///   - count: tokens of the question.
  ///   - least: the budget that works for it.
  static func tooLong(question count: Int, budget: Int, least: Int) -> ReportedError? {
    let room = budget - (least - count)
    guard count > budget / 4, room > 0 else { return nil }
    return .budgetTooSmall(
      message: "the question is too long: it takes \(count) tokens, and the KV cache budget of \(budget) has room for "
        + "\(room); shorten it, or use a budget of at least \(least)")
  }

  /// - Throws: `ReportedError.insufficientMemory` or `budgetTooSmall`; nothing has changed then.
  public func setBudget(tokens: Int) throws(ReportedError) {
    if cache.policy != .full { try model.check(budget: .tokens(tokens), type: cache.type) }
    forgetAnswer()
    do { try ensureCapacityDroppingText { note(try cache.setBudget(tokens)) } } catch { throw ReportedError(error) }
    warnOfBudget()
  }

  /// - Throws: `ReportedError.insufficientMemory` or `budgetTooSmall`; nothing has changed then.
  public func setPolicy(_ policy: RetentionPolicy) throws(ReportedError) {
    if policy != .full { try model.check(budget: .tokens(cache.boundedBudget), type: cache.type) }
    forgetAnswer()
    do { try ensureCapacityDroppingText { note(try cache.setPolicy(policy)) } } catch { throw ReportedError(error) }
    warnOfBudget()
  }

  /// Warns of a budget that the model is not meant for.
  func warnOfBudget() {
    guard let warning = cache.budget.flatMap(model.preferences.warning(ofBudget:)) else { return }
    notices.add(warning: warning)
  }

  /// Bytes that temporal patches and a question take when nothing is left out, system prompt included, as 16-bit
  /// floats.
  package func wholeByteCount(of patches: [TemporalPatch], question: String) -> Int {
    let vision = patches.reduce(0) { $0 + $1.grid.tokenCount + layout.caption(at: $1.time).count }
    let visionStart = hasVision ? 0 : layout.visionStart.count
    let tokens = systemCount + visionStart + vision + visionEndCount + (longest(of: [question]) ?? 0)
    return tokens * cache.shape.bytesPerToken
  }

  /// Tokens of the longest of some questions, without what stands between them and the last frame.
  private func longest(of questions: [String]) -> Int? { tokenCounts(of: questions).max() }

  private func tokenCounts(of questions: [String]) -> [Int] {
    questions.map { prompts.question($0, after: "").count }
  }

  /// Tokens of the system prompt, whether or not the model has read it.
  private var systemCount: Int { hasSystemPrompt ? cache.systemCount : prompts.opening.count }

  /// Tokens between the last frame and the question.
  private var visionEndCount: Int { layout.visionEndCount + (model.vision?.imageNewline == nil ? 0 : 1) }

  // MARK: Room for more tokens

  /// Room that a question asks for beyond itself, so that a compression in the middle of the first words is rare.
  static let answerReserve = 16

  /// Makes the room that the longest of some questions needs, so that whichever comes first finds the same tokens
  /// cached.
  ///
  /// - Throws: `ReportedError.budgetTooSmall` when it has no room even without earlier turns.
  package func ensureCapacity(forQuestions questions: [String]) throws(ReportedError) {
    do {
      try readSystemPromptIfNeeded()
      let question = longest(of: questions) ?? 0
      try ensureCapacity(for: max(0, visionEndCount + question + Self.answerReserve - text.tokenCount))
    } catch {
      throw ReportedError(error)
    }
  }

  /// Tokens of each of some questions, with the turns before it that are not cached and the first words of its answer;
  /// the longest first.
  func capacities(forQuestions questions: [String]) -> [Int] {
    let past = turns[text.firstUncachedTurn...].reduce(0) { $0 + prompts.pastTurn($1).count }
    // Behind another turn a question begins with white space, which it has not right behind frames.
    let counts = turns.isEmpty ? tokenCounts(of: questions) : questions.map { prompts.question($0).count }
    // Turns that are cached, parked or not, have their room already, and count against the same limit.
    return counts.sorted(by: >).map { count in
      max(visionEndCount, text.joint.count) + count + min(past, max(0, textLimit - count - text.tokenCount))
        + Self.answerReserve
    }
  }

  /// Whether the questions need no compression.
  func hasRoom(forQuestions questions: [String]) -> Bool {
    cache.canAppend(capacities(forQuestions: questions).first ?? 0)
  }

  func hasCapacity(for count: Int, in segment: CacheSegment = .text) throws -> Bool {
    do {
      try ensureCapacity(for: count, in: segment)
      return true
    } catch CacheError.budgetTooSmall {
      return false
    }
  }

  func ensureCapacity(for count: Int, in segment: CacheSegment = .text) throws {
    guard let report = try cache.ensureCapacity(for: count, in: segment) else { return }
    note(report)
    // The positions of a text segment would no longer follow the frames'. A later compression, without one, does it.
    if cache.textCount == 0, cache.positionedTemporalPatches > options.timelineLimit {
      cache.compactPositions()
      layout.rewind(toLength: cache.nextVisionPosition)
    }
  }

  /// Runs a body, and again without the text segment if the budget is too small for both: words can be read again.
  func ensureCapacityDroppingText(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch CacheError.budgetTooSmall where !text.isEmpty {
      text.drop()
      try body()
    }
  }

  // MARK: Notices

  /// Records the compressions that an answer's tokens have caused, and a failure of the offload file.
  func note(_ compressions: [CompressionReport]) {
    for report in compressions { note(report) }
    if let failure = cache.offloadFailure { notices.add(failure) }
  }

  private func note(_ report: CompressionReport?) {
    if let report {
      gallery.keep(cache.retainedTemporalPatches())
      notices.add(report)
    }
    if let failure = cache.offloadFailure { notices.add(failure) }
  }

  /// Takes the reports of compressions since the last call, the newest 64 at most.
  public func takeCompressions() -> [CompressionReport] { notices.takeCompressions() }

  /// Takes the warnings about options that do not work as asked, for people to read: each warning once.
  public func takeWarnings() -> [String] { notices.takeWarnings() }

  /// Writes the cache's figures into those of the session.
  package func describe(into statistics: inout SessionStatistics) {
    statistics.systemTokens = cache.systemCount
    statistics.visionTokens = cache.visionCount
    statistics.textTokens = text.tokenCount
    statistics.retrievedTokens = cache.retrievedCount
    statistics.budget = cache.budget
    statistics.peakTokens = cache.peakCount
    statistics.compressions = cache.compressionCount
    statistics.cacheBytes = cache.byteCount
    statistics.policy = cache.policy
  }

  /// Map of the tokens of each temporal patch and layer, retained and evicted.
  public func retentionMap() -> RetentionMap {
    gallery.map(
      retained: cache.retainedTemporalPatches(), temporalPatchesSeen: cache.temporalPatchesAppended,
      layers: cache.shape.layers, tokensPerPatch: cache.tokensPerTemporalPatchAndLayer)
  }
}
