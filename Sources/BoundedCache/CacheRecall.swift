// SPDX-License-Identifier: Apache-2.0

import Compute

extension KeyValueCache {
  /// The share of the budget that what is retrieved may take.
  static let retrievedShare = 0.25

  /// Why offload is over, where it is: answers have gone on without it since.
  public var offloadFailure: OffloadError? { offload?.failure }

  /// Tokens retrieved for the question in the tail, the mean over all heads.
  public var retrievedCount: Int {
    let rows = zip(retrievedPages, groups.members).reduce(0) { $0 + $1.0 * $1.1.count }
    let heads = shape.layers * shape.keyValueHeads
    return (rows * CacheStorage.pageTokens + heads - 1) / heads
  }

  /// Pages in front of the sequence that a budget leaves for what is retrieved.
  static func leadingPages(budget: Int, offload: OffloadTier?) -> Int {
    offload == nil ? 0 : Int(Double(budget) * retrievedShare) / CacheStorage.pageTokens
  }

  /// What of a budget is left for the sequence.
  static func sequenceBudget(_ budget: Int, offload: OffloadTier?) -> Int {
    budget - leadingPages(budget: budget, offload: offload) * CacheStorage.pageTokens
  }

  /// Where a frame of the stream stands on the rope timeline; one that is no longer there, where it would.
  func position(ofStreamIndex frame: Int64, starts: [Int32]) -> Int32 {
    var low = 0
    var high = origins.streamIndices.count
    while low < high {
      let middle = (low + high) / 2
      if Int64(origins.streamIndices[middle]) < frame { low = middle + 1 } else { high = middle }
    }
    return low < starts.count ? starts[low] : origins.length
  }

  /// Says that a question is about to be read: the text segment will see what its queries choose.
  func beginRetrieval() {
    guard let offload, policy != .full, frameSize != nil else { return }
    for (group, members) in groups.members.enumerated() {
      retrievedPages[group] = offload.pages(of: members, limit: storage.tables[group].leadingPages)
    }
    retrievalStarts = origins.starts
    for layer in isRetrieved.indices { isRetrieved[layer] = false }
  }

  /// Lets the queries of a question choose, in one layer, what is retrieved for it.
  ///
  /// - Parameter queries: `heads · headDimension` wide, rotated; `count` rows.
  func retrieve(layer: Int, queries: FloatMatrix, count: Int) {
    guard let offload, !retrievedPages.allSatisfy({ $0 == 0 }) else { return }
    for head in 0..<shape.keyValueHeads {
      let index = HeadIndex(layer: layer, head: head)
      let group = storage.groupOfHead[layer * shape.keyValueHeads + head]
      let isFilled = offload.fill(
        index, of: storage, queries: queries, count: count, pages: retrievedPages[group],
        held: self.count(ofGroup: group),
        place: { position(ofStreamIndex: $0, starts: retrievalStarts) })
      // What was read so far is sound; heads that are still to come see what passes have kept, and nothing else.
      guard isFilled else { return endRetrieval() }
    }
    isRetrieved[layer] = true
  }

  /// What was retrieved is seen no longer.
  func endRetrieval() {
    for group in retrievedPages.indices { retrievedPages[group] = 0 }
    for layer in isRetrieved.indices { isRetrieved[layer] = false }
  }
}

extension KeyValueCache {
  /// One head's retrieved values that the tail sees, a row of 16-bit floats for each token.
  package func retrievedValueRows(layer: Int, head: Int) -> [[UInt16]] {
    let group = storage.groupOfHead[layer * shape.keyValueHeads + head]
    let tokens = isRetrieved[layer] ? retrievedPages[group] * CacheStorage.pageTokens : 0
    scratch.read(storage, HeadIndex(layer: layer, head: head), slots: -tokens..<0)
    let dimension = shape.headDimension
    return (0..<tokens).map { Array(scratch.values[$0 * dimension..<($0 + 1) * dimension]) }
  }
}
