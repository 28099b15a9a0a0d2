/// The keys and values of everything a decoder attends to, as 16-bit floats, within a budget of tokens.
///
/// The sequence is `[system | vision | tail]`. When it would outgrow the budget, a pass thins out the vision part in
/// place: every key-value head keeps equally many tokens, but each its own, in stream order. Rotary embedding has been
/// applied to the keys before they come here, so a token keeps the position it had in the stream for good.
///
/// Memory is allocated once, for the budget. Under the policy `full` there is no budget, and memory doubles as needed.
/// The cache has one owner and is not safe to change from two threads; reading from many while nobody changes it is.
public final class KeyValueCache {
  public let shape: CacheShape
  public private(set) var policy: RetentionPolicy
  public let parameters: InfiniPotVParameters
  /// How keys turn with what advances from frame to frame.
  public let rotation: TimeRotation

  /// What questions of the usual kinds look for, recorded before the first frame; passes use it where the parameters
  /// say so. nil until somebody sets it.
  public var foreseenQueries: ForeseenQueries? {
    willSet { precondition(newValue.map { $0.shape == shape } ?? true, "the queries are of another shape") }
  }

  /// Tokens held of each part, in every head alike.
  public private(set) var systemCount = 0
  public var visionCount: Int { (vision?.tokenCount ?? 0) + layout.captionTokens }
  public private(set) var tailCount = 0
  /// The most tokens ever held at once since the start or the last `removeAll`.
  public private(set) var peakCount = 0
  /// Passes run since the start or the last `removeAll`.
  public private(set) var passCount = 0

  /// The budget to return to when the policy is `full` for a while.
  private var boundedBudget: Int
  /// The frames held; nil while there are none. After a pass they are no longer those of the stream: they stand for
  /// as many runs of a frame's length, cut from the tokens that stayed, in stream order.
  private var vision: FrameGrid?
  private var layout = VisionLayout()
  private var storage: CacheStorage
  private var selector: TokenSelector
  private var origins: StreamOrigins

  /// Slots to begin with under `full`.
  private static let initialSlots = 1024

  /// - Parameters:
  ///   - budget: the most tokens that may be held at any moment; under `full`, the budget that a later
  ///     `setPolicy` returns to.
  ///   - rotation: how keys turn with what advances from frame to frame; without it, neither `compactTime` nor a
  ///     comparison before the rotation changes anything.
  /// - Throws: `invalidShape`, `invalidParameter`, `budgetTooSmall` for a budget below one token, or `cannotAllocate`.
  public init(
    shape: CacheShape, budget: Int, policy: RetentionPolicy, parameters: InfiniPotVParameters = .published,
    rotation: TimeRotation = TimeRotation(frequencies: [])
  ) throws(CacheError) {
    guard shape.bytesPerToken > 0 else { throw .invalidShape(shape) }
    guard budget > 0 else { throw .budgetTooSmall(budget: budget, least: 1) }
    try parameters.validate()
    self.shape = shape
    self.policy = policy
    self.parameters = parameters
    self.rotation = rotation
    boundedBudget = budget
    let slots = policy == .full ? min(budget, KeyValueCache.initialSlots) : budget
    storage = try CacheStorage(shape: shape, capacity: slots)
    selector = TokenSelector(shape: shape, parameters: parameters)
    origins = StreamOrigins(heads: shape.layers * shape.keyValueHeads)
  }

  /// How many tokens of this shape fit in so many bytes; 0 for a shape that cannot be.
  public static func tokens(forBytes bytes: Int, shape: CacheShape) -> Int {
    let each = shape.bytesPerToken
    return each > 0 && bytes > 0 ? bytes / each : 0
  }

  // MARK: What is held

  /// The most tokens that may be held; nil under `full`.
  public var budget: Int? { policy == .full ? nil : boundedBudget }

  /// Tokens held, in every head alike.
  public var count: Int { systemCount + visionCount + tailCount }

  /// Bytes of the keys and values held.
  public var byteCount: Int { count * shape.bytesPerToken }

  /// Bytes set aside for keys and values; they stay the same until the budget or the policy changes.
  public var allocatedByteCount: Int { storage.capacity * shape.bytesPerToken }

  /// One head's keys: 16-bit float patterns, `count` slots valid, `headDimension` numbers from slot to slot.
  /// Valid until the next call that changes the cache.
  public func keys(layer: Int, head: Int) -> UnsafeMutablePointer<UInt16> { storage.keys(layer: layer, head: head) }

  /// One head's values, laid out and valid like its keys.
  public func values(layer: Int, head: Int) -> UnsafeMutablePointer<UInt16> { storage.values(layer: layer, head: head) }

  // MARK: Growing and shrinking

  /// Claims `n` slots at the end of a segment; the caller then writes their keys and values in every layer and head.
  ///
  /// - Parameters:
  ///   - grid: for vision tokens, the frames they make up; nil for text. Text in the vision segment is the caption of
  ///     the frame that comes next.
  ///   - advance: how far each of these frames, its caption included, takes the rotary timeline, in positions.
  /// - Returns: the first of the claimed slots.
  /// - Throws: `noRoom` beyond the budget (call `makeRoom` first), `outOfOrder` when a later segment has been begun,
  ///   `gridChanged` for frames of another size than those held, `invalidCount`, or `cannotAllocate` under `full`.
  public func append(
    _ n: Int, to segment: CacheSegment, grid: FrameGrid? = nil, advance: Int = 1
  ) throws(CacheError) -> Int {
    guard n > 0, segment == .vision || grid == nil, advance >= 0 else { throw .invalidCount(tokens: n, grid: grid) }
    switch segment {
    case .system: if visionCount > 0 || tailCount > 0 { throw .outOfOrder(segment) }
    case .vision: if tailCount > 0 { throw .outOfOrder(segment) }
    case .tail: break
    }
    var frames = grid
    if let grid {
      guard grid.isPositive, grid.tokenCount == n else { throw .invalidCount(tokens: n, grid: grid) }
      if let vision {
        // Frames of another size share no places with those held.
        guard vision.height == grid.height, vision.width == grid.width else {
          throw .gridChanged(held: vision, appended: grid)
        }
        frames?.frames = grid.frames.addingSaturating(vision.frames)
      }
    }
    if let budget, n > budget - count { throw .noRoom(held: count, adding: n, budget: budget) }
    try reserve(count.addingSaturating(n))

    let first = count
    switch segment {
    case .system: systemCount += n
    case .vision:
      if let grid {
        vision = frames
        layout.appendFrames(tokens: n)
        origins.append(
          frames: grid.frames, tokensPerFrame: grid.tokensPerFrame, advance: Int32(clamping: advance))
      } else {
        layout.appendCaption(tokens: n, frame: origins.next)
      }
    case .tail: tailCount += n
    }
    peakCount = max(peakCount, count)
    return first
  }

  /// Keeps the first `n` tokens of the tail; 0 drops it. Asking for more than there are changes nothing.
  public func truncateTail(to n: Int) {
    tailCount = min(tailCount, max(n, 0))
  }

  /// Empties the cache, the system prompt and the counters included; budget, policy and memory stay.
  public func removeAll() {
    systemCount = 0
    vision = nil
    layout.removeAll()
    origins.removeAll()
    tailCount = 0
    peakCount = 0
    passCount = 0
  }

  // MARK: Room

  /// The smallest budget that holds the system prompt, the tail, one frame and `n` more tokens.
  public func leastBudget(for n: Int = 0) -> Int {
    (systemCount + tailCount + tokensPerFrame).addingSaturating(max(n, 0))
  }

  /// Tokens of one frame held, with the longest caption.
  private var tokensPerFrame: Int { vision.map { $0.tokensPerFrame + layout.longestCaption } ?? 0 }

  /// Makes room for `n` more tokens, by a pass over the vision part if they would not fit.
  ///
  /// A pass leaves `keptShare` of the room that system prompt and tail leave for vision, in whole frames, and less where
  /// `n` demands it. For a question (`.tail`) at least one frame's worth stays; frames (`.vision`) may, in the last
  /// resort, take the place of everything seen before them.
  ///
  /// - Returns: what the pass did; nil when none was needed.
  /// - Throws: `budgetTooSmall` with the least that works, or `cannotAllocate` under `full`. Nothing has changed then.
  @discardableResult
  public func makeRoom(for n: Int, in segment: CacheSegment = .tail) throws(CacheError) -> PassReport? {
    guard n >= 0 else { throw .invalidCount(tokens: n, grid: nil) }
    guard let budget else {
      try reserve(count.addingSaturating(n))
      return nil
    }
    guard n > budget - count else { return nil }
    return runPass(keeping: try keptFrames(budget: budget, demand: n, least: segment == .vision ? 0 : 1))
  }

  /// Changes the budget. Where more is held than the new one allows, a pass brings it down at once. Memory is moved to
  /// an allocation of the new size, so both exist for a moment.
  ///
  /// - Returns: what the pass did; nil when none was needed.
  /// - Throws: `budgetTooSmall` with the least that works now, or `cannotAllocate`. Nothing has changed then.
  @discardableResult
  public func setBudget(_ newBudget: Int) throws(CacheError) -> PassReport? {
    let least = max(leastBudget(), 1)
    guard newBudget >= least else { throw .budgetTooSmall(budget: newBudget, least: least) }
    guard policy != .full else {
      boundedBudget = newBudget
      return nil
    }
    return try bind(to: newBudget, by: policy)
  }

  /// Changes what is kept from now on; nothing that is gone comes back. Going from `full` to another policy, the budget
  /// holds again, and a pass brings the cache down to it if needed.
  ///
  /// - Returns: what the pass did; nil when none was needed.
  /// - Throws: `budgetTooSmall` with the least that works now, or `cannotAllocate`. Nothing has changed then.
  @discardableResult
  public func setPolicy(_ newPolicy: RetentionPolicy) throws(CacheError) -> PassReport? {
    guard policy == .full, newPolicy != .full else {
      policy = newPolicy
      return nil
    }
    let least = leastBudget()
    guard boundedBudget >= least else { throw .budgetTooSmall(budget: boundedBudget, least: least) }
    return try bind(to: boundedBudget, by: newPolicy)
  }

  /// Brings the cache down to a budget that is no less than the least, and its memory to that size.
  private func bind(to newBudget: Int, by newPolicy: RetentionPolicy) throws(CacheError) -> PassReport? {
    let kept = count > newBudget ? try keptFrames(budget: newBudget, demand: 0, least: 1) : nil
    let resized = try CacheStorage(shape: shape, capacity: newBudget)
    policy = newPolicy
    boundedBudget = newBudget
    let report = kept.flatMap { runPass(keeping: $0) }
    storage.copy(count, to: resized)
    storage = resized
    return report
  }

  /// Room for so many tokens under `full`; a bounded cache has all its memory from the start.
  private func reserve(_ tokens: Int) throws(CacheError) {
    guard tokens > storage.capacity else { return }
    let resized = try CacheStorage(
      shape: shape, capacity: max(tokens, storage.capacity.multipliedSaturating(by: 2)))
    storage.copy(count, to: resized)
    storage = resized
  }

  // MARK: Time

  /// Frames on the rotary timeline: those that came since the vision part was begun, or since the last `compactTime`.
  public var timelineFrames: Int { Int(origins.next) }

  /// Positions that these frames take up on the rotary timeline.
  public var timelineLength: Int { Int(origins.length) }

  /// Closes the gaps that passes left on the rotary timeline: the frames of which anything is still held move together,
  /// in order, with their captions, and their keys are turned to their new places. Positions then stay within what is
  /// held, however long the stream. The caller goes on at `timelineLength`.
  ///
  /// - Precondition: there is no tail, whose positions would no longer follow.
  public func compactTime() {
    precondition(tailCount == 0, "the tail's positions follow the vision part's")
    gatherCaptions()
    let shape = shape
    var turner = KeyTurner(rotation, headDimension: shape.headDimension)
    let frameStart = systemCount + layout.captionTokens
    let length = origins.length
    let moves = origins.compact { index, slot, change in
      let keys = storage.keys(layer: index / shape.keyValueHeads, head: index % shape.keyValueHeads)
      turner.turn(keys + (frameStart + slot) * shape.headDimension, by: change)
    }
    // The frame of the newest caption may be still to come: it stands at the end of the timeline.
    moveCaptions(by: moves + [(origins.next, origins.length - length)], turner: &turner)
  }

  /// Turns the captions' keys with their frames, and drops captions whose frames are gone.
  private func moveCaptions(by moves: [(number: Int32, change: Int32)?], turner: inout KeyTurner) {
    guard layout.captionTokens > 0 else { return }
    var kept: [VisionLayout.Caption] = []
    var slot = systemCount
    var slots: [Int] = []
    for caption in layout.captions {
      if let (number, change) = moves[Int(caption.frame)] {
        for layer in 0..<shape.layers where change != 0 {
          for head in 0..<shape.keyValueHeads {
            let keys = storage.keys(layer: layer, head: head)
            for index in slot..<slot + caption.tokens { turner.turn(keys + index * shape.headDimension, by: change) }
          }
        }
        kept.append(VisionLayout.Caption(frame: number, tokens: caption.tokens))
        slots.append(contentsOf: slot - systemCount..<slot - systemCount + caption.tokens)
      }
      slot += caption.tokens
    }
    keepCaptions(kept, slots: slots)
  }

  // MARK: Captions

  /// Moves all captions in front of all frames.
  private func gatherCaptions() {
    guard !layout.isGathered else { return }
    var scratch: [UInt16] = []
    for layer in 0..<shape.layers {
      for head in 0..<shape.keyValueHeads {
        storage.gather(layout.runs, layer: layer, head: head, start: systemCount, captions: &scratch)
      }
    }
    layout.gather(keeping: layout.captions, frameTokens: vision?.tokenCount ?? 0)
  }

  /// Keeps the gathered captions at `slots` (counted from the first caption's) alone; what follows moves down.
  private func keepCaptions(_ kept: [VisionLayout.Caption], slots: [Int]) {
    let before = layout.captionTokens
    let frameTokens = vision?.tokenCount ?? 0
    if slots.count < before {
      for layer in 0..<shape.layers {
        for head in 0..<shape.keyValueHeads {
          storage.compact(
            layer: layer, head: head, start: systemCount, kept: slots, tailStart: systemCount + before,
            tail: frameTokens + tailCount)
        }
      }
    }
    layout.gather(keeping: kept, frameTokens: frameTokens)
  }

  /// Keeps the captions of the frames of which most is held, one for each frame's worth of tokens that a pass kept.
  private func thinCaptions(toFrames frames: Int) {
    guard layout.captionTokens > 0 else { return layout.gather(keeping: [], frameTokens: vision?.tokenCount ?? 0) }
    let kept = layout.captions(ofBest: frames, held: origins.heldTokens())
    let keptFrames = Set(kept.map(\.frame))
    var slot = 0
    var slots: [Int] = []
    for caption in layout.captions {
      if keptFrames.contains(caption.frame) { slots.append(contentsOf: slot..<slot + caption.tokens) }
      slot += caption.tokens
    }
    keepCaptions(kept, slots: slots)
  }

  // MARK: Passes

  /// How many frames' worth of vision tokens a pass keeps so that `demand` more tokens fit: fewer than are held.
  private func keptFrames(budget: Int, demand: Int, least: Int) throws(CacheError) -> Int {
    let perFrame = tokensPerFrame
    let room = budget - systemCount - tailCount
    guard perFrame > 0, room >= demand, (room - demand) / perFrame >= least else {
      throw .budgetTooSmall(
        budget: budget, least: (systemCount + tailCount + least * perFrame).addingSaturating(demand))
    }
    // A share such as 0.7 is not quite that in binary; the small addition keeps 0.7 of 10 frames at 7.
    let share = max(1, Int(Double(room) * parameters.keptShare / Double(perFrame) + 1e-9))
    return min(share, (room - demand) / perFrame)
  }

  /// Thins every head's vision part down to so many frames' worth of tokens; the tail moves down behind.
  private func runPass(keeping frames: Int) -> PassReport? {
    guard let grid = vision else { return nil }
    let start = ContinuousClock.now
    let before = visionCount
    gatherCaptions()
    let held = grid.tokenCount
    let kept = frames * grid.tokensPerFrame
    let frameStart = systemCount + layout.captionTokens
    let offset = frameStart * shape.headDimension
    let numbers = held * shape.headDimension
    selector.prepare(
      grid: grid, keeping: kept, rotation: rotation, starts: origins.starts,
      foreseen: foreseenQueries.map { ($0, origins.length) })
    for layer in 0..<shape.layers {
      for head in 0..<shape.keyValueHeads {
        let keys = UnsafeBufferPointer(start: storage.keys(layer: layer, head: head) + offset, count: numbers)
        let values = UnsafeBufferPointer(start: storage.values(layer: layer, head: head) + offset, count: numbers)
        let system = UnsafeBufferPointer(
          start: storage.keys(layer: layer, head: head), count: systemCount * shape.headDimension)
        selector.select(
          policy, layer: layer, head: head, keys: keys.span, values: values.span, system: system.span,
          origins: origins.heads[layer * shape.keyValueHeads + head])
        origins.keep(selector.kept, head: layer * shape.keyValueHeads + head)
        storage.compact(
          layer: layer, head: head, start: frameStart, kept: selector.kept, tailStart: frameStart + held,
          tail: tailCount)
      }
    }
    vision = frames > 0 ? FrameGrid(frames: frames, height: grid.height, width: grid.width) : nil
    thinCaptions(toFrames: frames)
    passCount += 1
    return PassReport(before: before, after: visionCount, seconds: (ContinuousClock.now - start) / .seconds(1))
  }
}
