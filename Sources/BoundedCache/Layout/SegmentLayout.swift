// SPDX-License-Identifier: Apache-2.0

/// The three segments of the cache, in the order in which they lie in memory and in the sequence.
public enum CacheSegment: String, Sendable, CaseIterable {
  /// The system prompt: written first, never evicted.
  case system
  /// Temporal patches of the video and their captions: the only segment that compression evicts from. It grows only
  /// while the text segment is empty.
  case vision
  /// Questions and answers: truncated, parked or dropped, never compressed.
  case text
}

/// How many tokens of each segment are cached, and in which slots they lie.
///
/// A slot is a row of one head's sequence. After a compression the slots of a head are
///
///     | system prompt | captions | vision tokens | text | free … | parked text |
///     0                                                                        slots
///
/// and until the next one captions also lie between the vision tokens that follow (`CaptionLayout`). Heads of one group
/// have cached the same number of vision tokens; groups differ (`HeadGroups`). A count that names no group is the mean
/// over all heads, rounded up.
///
/// It counts and moves nothing: rows lie in a `PageStore`, and whoever changes a count moves them.
struct SegmentLayout {
  let groups: HeadGroups
  /// Tokens of the system prompt.
  private(set) var systemCount = 0
  /// Tokens of the text segment.
  private(set) var textCount = 0
  /// By how much the positions of the text segment, parked or not, have changed.
  private(set) var textPositions = TextPositionShifts()
  /// Tokens of a parked text segment: they count against the budget, and nothing attends to them.
  private(set) var parkedCount = 0
  /// Vision tokens, captions not counted, that each head of a group has cached. After a compression they are no longer
  /// whole temporal patches: the policy sees them as runs of that length, in stream order.
  private(set) var visionTokens: [Int]
  /// The shape of the temporal patches that are cached, as that of one; nil while there are none.
  private(set) var patchGrid: GridTHW?
  /// Whether a temporal patch was appended of which only changed places have tokens: the newest version of every place
  /// is then needed, however old.
  private(set) var isSparse = false
  private(set) var captions = CaptionLayout()
  /// Slots of each head of a group, in use or free.
  private(set) var slots: [Int]
  /// Changes whenever a count does, so that a stale `KVAppend` is noticed.
  private(set) var revision = 0

  /// - Parameter slots: of each head of a group, one number for each group.
  init(groups: HeadGroups, slots: [Int]) {
    self.groups = groups
    self.slots = slots
    visionTokens = Array(repeating: 0, count: groups.count)
  }

  // MARK: Counts

  /// Tokens that each head of a group can attend to, retrieved ones not counted.
  func count(ofGroup group: Int) -> Int { systemCount + captions.tokens + visionTokens[group] + textCount }

  /// Where the captions of a group lie: groups differ only in what compressions have left them, which is the first run.
  func captionRuns(ofGroup group: Int) -> [CaptionLayout.Run] {
    var runs = captions.runs
    guard !runs.isEmpty else { return [] }
    runs[0].visionTokens = visionTokens[group] - runs.dropFirst().reduce(0) { $0 + $1.visionTokens }
    return runs
  }

  /// Slots of each head of a group that are in use.
  func used(ofGroup group: Int) -> Int { count(ofGroup: group) + parkedCount }

  /// Tokens of the vision segment, captions included.
  var visionCount: Int { captions.tokens + groups.mean(visionTokens) }

  /// Tokens of all segments, parked text included.
  var count: Int { systemCount + visionCount + textCount + parkedCount }

  /// Tokens that compression cannot evict.
  var fixedCount: Int { systemCount + textCount + parkedCount }

  /// The first slot behind the system prompt and the captions, where captions have been gathered.
  var visionStart: Int { systemCount + captions.tokens }

  /// Tokens of one temporal patch with the longest caption; 0 while there are none.
  var tokensPerTemporalPatch: Int { patchGrid.map { $0.tokensPerTemporalPatch + captions.longest } ?? 0 }

  /// Whether `n` more tokens fit in the slots of every group.
  func canAppend(_ n: Int) -> Bool { groups.indices.allSatisfy { n <= slots[$0] - used(ofGroup: $0) } }

  /// Whether all that is cached fits in other numbers of slots.
  func fits(in slots: [Int]) -> Bool { groups.indices.allSatisfy { used(ofGroup: $0) <= slots[$0] } }

  // MARK: Appending

  /// Checks that tokens may be appended to a segment.
  ///
  /// - Throws: `invalidCount`, `outOfOrder`, `gridChanged`.
  func check(appending n: Int, to segment: CacheSegment, grid: GridTHW?, places: [Int32]?) throws(CacheError) {
    guard n > 0, segment == .vision || grid == nil else { throw .invalidCount(tokens: n, grid: grid) }
    switch segment {
    case .system: if visionCount > 0 || textCount > 0 { throw .outOfOrder(segment) }
    case .vision: if textCount > 0 { throw .outOfOrder(segment) }
    case .text: if parkedCount > 0 { throw .outOfOrder(segment) }
    }
    guard let grid else { return }
    if let places {
      guard canAppendSparsely(grid), places.count == n, zip(places, places.dropFirst()).allSatisfy({ $0 < $1 }),
        places[0] >= 0, Int(places[n - 1]) < grid.tokenCount
      else { throw .invalidCount(tokens: n, grid: grid) }
      return
    }
    guard grid.isPositive, grid.tokenCount == n else { throw .invalidCount(tokens: n, grid: grid) }
    // Temporal patches of different shapes have no patches in common that could be compared.
    if let cached = patchGrid, cached.height != grid.height || cached.width != grid.width {
      throw .gridChanged(cached: cached, appended: grid)
    }
  }

  /// Whether a temporal patch of this shape may leave places out.
  func canAppendSparsely(_ grid: GridTHW) -> Bool { grid.temporalPatches == 1 && patchGrid == grid }

  /// Claims slots at the end of a segment.
  ///
  /// - Parameters:
  ///   - grid: of vision tokens; nil for a caption in the vision segment, and in the other segments.
  ///   - isSparse: whether the temporal patch leaves places out.
  ///   - nextPatch: the number of the temporal patch that a caption precedes, as `VisionTokenOrigins` counts.
  mutating func append(_ n: Int, to segment: CacheSegment, grid: GridTHW?, isSparse: Bool = false, nextPatch: Int32) {
    switch segment {
    case .system: systemCount += n
    case .vision:
      if let grid {
        patchGrid = GridTHW(temporalPatches: 1, height: grid.height, width: grid.width)
        if isSparse { self.isSparse = true }
        for group in visionTokens.indices { visionTokens[group] += n }
        captions.appendVision(tokens: n)
      } else {
        captions.append(tokens: n, temporalPatch: nextPatch)
      }
    case .text: textCount += n
    }
    revision &+= 1
  }

  /// The tokens of the vision segment, for `truncateVision`.
  struct VisionMark {
    fileprivate let visionTokens: [Int]
    fileprivate let patchGrid: GridTHW?
    fileprivate let isSparse: Bool
    fileprivate let captions: CaptionLayout
  }

  var visionMark: VisionMark {
    VisionMark(visionTokens: visionTokens, patchGrid: patchGrid, isSparse: isSparse, captions: captions)
  }

  /// Takes back what was appended to the vision segment since a mark.
  ///
  /// - Precondition: there has been no compression since, and there is no text.
  mutating func truncateVision(to mark: VisionMark) {
    precondition(textCount == 0, "the text would no longer follow")
    (visionTokens, patchGrid, isSparse, captions) = (mark.visionTokens, mark.patchGrid, mark.isSparse, mark.captions)
    revision &+= 1
  }

  // MARK: Text

  /// Cuts the text segment to its first `n` tokens.
  mutating func truncateText(to n: Int) {
    textCount = min(textCount, max(n, 0))
    textPositions.truncate(to: textCount)
    revision &+= 1
  }

  /// Removes tokens from the middle of the text segment; the positions of those behind them move down.
  mutating func removeText(_ removed: Range<Int>, rotation: RoPEFrequencies) {
    textPositions.remove(removed)
    textCount -= removed.count
    textPositions.move(removed.lowerBound..<textCount, by: -removed.count, rotation: rotation)
    revision &+= 1
  }

  /// Makes the text segment the parked one.
  mutating func parkText() {
    (parkedCount, textCount) = (textCount, 0)
    revision &+= 1
  }

  /// Makes parked text the text segment.
  ///
  /// - Parameters:
  ///   - change: positions by which its tokens move.
  ///   - rotation: RoPE of a text position.
  mutating func reattachText(movedBy change: Int, rotation: RoPEFrequencies) {
    (textCount, parkedCount) = (parkedCount, 0)
    textPositions.move(0..<textCount, by: change, rotation: rotation)
    revision &+= 1
  }

  /// Frees the slots of parked text.
  mutating func discardParked() {
    parkedCount = 0
    textPositions = TextPositionShifts()
    revision &+= 1
  }

  // MARK: Compression

  /// After a compression has left the heads of each group this many vision tokens.
  mutating func retain(visionTokens retained: [Int]) {
    visionTokens = retained
    if retained.allSatisfy({ $0 == 0 }) { (patchGrid, isSparse) = (nil, false) }
    revision &+= 1
  }

  /// After captions have been moved in front of all vision tokens, and those that are not in `retained` evicted.
  mutating func gatherCaptions(retaining retained: [CaptionLayout.Caption]) {
    captions.gather(retaining: retained, visionTokens: visionTokens[0])
    revision &+= 1
  }

  /// Gives the heads of each group another number of slots.
  mutating func resize(to slots: [Int]) {
    self.slots = slots
    revision &+= 1
  }

  /// Forgets all tokens.
  mutating func removeAll() {
    self = SegmentLayout(groups: groups, slots: slots, revision: revision &+ 1)
  }

  private init(groups: HeadGroups, slots: [Int], revision: Int) {
    self.init(groups: groups, slots: slots)
    self.revision = revision
  }
}
