import Compute

extension KeyValueCache {
  /// The share of the budget that what is recalled may take.
  static let recalledShare = 0.25

  /// Why recall is over, where it is: answers have gone on without it since.
  public var recallFailure: RecallError? { recall?.failure }

  /// Tokens recalled for the question in the tail, the mean over all heads.
  public var recalledCount: Int {
    let rows = zip(recalledPages, groups.members).reduce(0) { $0 + $1.0 * $1.1.count }
    let heads = shape.layers * shape.keyValueHeads
    return (rows * CacheStorage.pageTokens + heads - 1) / heads
  }

  /// Pages in front of the sequence that a budget leaves for what is recalled.
  static func leadingPages(budget: Int, recall: RecallTier?) -> Int {
    recall == nil ? 0 : Int(Double(budget) * recalledShare) / CacheStorage.pageTokens
  }

  /// What of a budget is left for the sequence.
  static func sequenceBudget(_ budget: Int, recall: RecallTier?) -> Int {
    budget - leadingPages(budget: budget, recall: recall) * CacheStorage.pageTokens
  }

  /// Where a frame of the stream stands on the rotary timeline; one that is no longer there, where it would.
  func timelinePlace(ofStreamFrame frame: Int64, starts: [Int32]) -> Int32 {
    var low = 0
    var high = origins.streamFrames.count
    while low < high {
      let middle = (low + high) / 2
      if Int64(origins.streamFrames[middle]) < frame { low = middle + 1 } else { high = middle }
    }
    return low < starts.count ? starts[low] : origins.length
  }

  /// Says that a question is about to be read: what its queries choose will be seen by the tail.
  public func beginRecall() {
    guard let recall, policy != .full, frameSize != nil else { return }
    for (group, members) in groups.members.enumerated() {
      recalledPages[group] = recall.pages(of: members, limit: storage.tables[group].leadingPages)
    }
    recallStarts = origins.starts
    for layer in isRecalled.indices { isRecalled[layer] = false }
  }

  /// Lets the queries of a question choose, in one layer, what is recalled for it.
  ///
  /// - Parameter queries: `heads · headDimension` wide, rotated; `count` rows.
  public func recall(layer: Int, queries: Rows, count: Int) {
    guard let recall, !recalledPages.allSatisfy({ $0 == 0 }) else { return }
    for head in 0..<shape.keyValueHeads {
      let index = HeadIndex(layer: layer, head: head)
      let group = storage.groupOfHead[layer * shape.keyValueHeads + head]
      let isFilled = recall.fill(
        index, of: storage, queries: queries, count: count, pages: recalledPages[group],
        held: self.count(ofGroup: group),
        place: { timelinePlace(ofStreamFrame: $0, starts: recallStarts) })
      // What was read so far is sound; heads that are still to come see what passes have kept, and nothing else.
      guard isFilled else { return endRecall() }
    }
    isRecalled[layer] = true
  }

  /// What was recalled is seen no longer.
  func endRecall() {
    for group in recalledPages.indices { recalledPages[group] = 0 }
    for layer in isRecalled.indices { isRecalled[layer] = false }
  }
}

extension KeyValueCache {
  /// One head's recalled values that the tail sees, a row of 16-bit floats for each token.
  package func recalledValueRows(layer: Int, head: Int) -> [[UInt16]] {
    let group = storage.groupOfHead[layer * shape.keyValueHeads + head]
    let tokens = isRecalled[layer] ? recalledPages[group] * CacheStorage.pageTokens : 0
    scratch.read(storage, HeadIndex(layer: layer, head: head), slots: -tokens..<0)
    let dimension = shape.headDimension
    return (0..<tokens).map { Array(scratch.values[$0 * dimension..<($0 + 1) * dimension]) }
  }
}
