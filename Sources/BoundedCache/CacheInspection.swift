// SPDX-License-Identifier: Apache-2.0

import Compute

/// Settings of the cache, and its contents as counts, bytes, temporal patches and rows.
extension KeyValueCache {
  // MARK: Settings

  /// Layers, key-value heads and their dimension.
  public var shape: CacheShape { state.shape }

  /// How keys and values are stored.
  public var type: KeyValueType { state.store.type }

  /// Which vision tokens a compression retains.
  public var policy: RetentionPolicy { state.policy }

  /// The most tokens that may be cached; nil under `full`.
  public var budget: Int? { state.budget }

  /// The most tokens that may be cached under any policy but `full`.
  public var boundedBudget: Int { state.capacity.budget }

  /// Tokens in a page of the cache's memory.
  public static var pageTokens: Int { PageStore.pageTokens }

  /// Tokens of a shape that fit in a number of bytes, in whole pages; 0 for an invalid shape.
  public static func tokens(forBytes bytes: Int, shape: CacheShape, type: KeyValueType = .f16) -> Int {
    let page = shape.bytesPerToken(type).multipliedSaturating(by: pageTokens)
    return page > 0 && bytes > 0 ? bytes / page * pageTokens : 0
  }

  // MARK: Counts

  /// Tokens of the system prompt.
  public var systemCount: Int { state.layout.systemCount }

  /// Tokens of the vision segment, captions included; the mean over all heads, rounded up.
  public var visionCount: Int { state.layout.visionCount }

  /// Tokens of the text segment.
  public var textCount: Int { state.layout.textCount }

  /// Tokens of parked text: they count, and nothing attends to them.
  public var parkedCount: Int { state.layout.parkedCount }

  /// Tokens retrieved for the text segment; the mean over all heads, rounded up.
  public var retrievedCount: Int { state.retrievedCount }

  /// All cached tokens.
  public var count: Int { state.count }

  /// Compressions since the start or the last `removeAll`.
  public var compressionCount: Int { state.compressor.count }

  /// Bytes of the cached keys and values.
  public var byteCount: Int {
    let rows = state.layout.groups.indices.reduce(0) {
      let retrieved = (state.offload?.retrievedPages[$1] ?? 0) * PageStore.pageTokens
      return $0 + (state.layout.used(ofGroup: $1) + retrieved) * state.layout.groups.members[$1].count
    }
    return rows * shape.bytesPerToken(type) / shape.heads
  }

  /// Bytes allocated for keys and values; they stay the same until the budget or the policy changes.
  public var allocatedByteCount: Int { state.store.byteCount }

  /// Why offload has ended; nil while it works, or where there is none. Answers go on without it.
  public var offloadFailure: OffloadError? { state.offload?.failure }

  // MARK: Temporal patches

  /// Temporal patches appended since the start or the last `removeAll`, cached or evicted.
  public var temporalPatchesAppended: Int { state.origins.temporalPatchesAppended }

  /// Tokens of one whole temporal patch in one layer, the sum over its heads; 0 before the first.
  public var tokensPerTemporalPatchAndLayer: Int { state.origins.tokensPerTemporalPatch * shape.keyValueHeads }

  /// The temporal patches of which any head of any layer has a token cached, in stream order.
  ///
  /// It looks at every vision token of every head: for a screen a few times a second, not for a loop over tokens.
  public func retainedTemporalPatches() -> [RetainedTemporalPatch] {
    state.origins.retainedTemporalPatches(shape: shape)
  }

  /// Temporal patches that have positions: those appended since the vision segment was begun, or since the last
  /// `compactPositions`.
  public var positionedTemporalPatches: Int { Int(state.origins.next) }

  /// The temporal position at which the next temporal patch stands.
  public var nextVisionPosition: Int { Int(state.origins.nextPosition) }

  /// Each vision token of one head, captions not counted: its temporal patch's index in the stream and its present
  /// position.
  package func visionTokens(layer: Int, head: Int) -> [(streamIndex: Int, position: Int)] {
    let starts = state.origins.starts
    return state.origins.heads[layer * shape.keyValueHeads + head].temporalPatches.map {
      (state.origins.streamIndices[Int($0)], Int(starts[Int($0)]))
    }
  }

  // MARK: Rows

  /// One head's keys as attention reads them, a row of 16-bit floats for each token.
  package func keyRows(layer: Int, head: Int) -> [[UInt16]] { read(layer: layer, head: head).keys }

  /// One head's values, a row of 16-bit floats for each token.
  package func valueRows(layer: Int, head: Int) -> [[UInt16]] { read(layer: layer, head: head).values }

  /// One head's retrieved values that the text segment sees, a row of 16-bit floats for each token.
  package func retrievedValueRows(layer: Int, head: Int) -> [[UInt16]] {
    let pages = state.offload?.visiblePages(layer: layer, group: state.store.group(layer: layer, head: head)) ?? 0
    return rows(HeadIndex(layer: layer, head: head), slots: -pages * PageStore.pageTokens..<0).values
  }

  private func read(layer: Int, head: Int) -> (keys: [[UInt16]], values: [[UInt16]]) {
    let count = state.layout.count(ofGroup: state.store.group(layer: layer, head: head))
    return rows(HeadIndex(layer: layer, head: head), slots: 0..<count)
  }

  private func rows(_ head: HeadIndex, slots: Range<Int>) -> (keys: [[UInt16]], values: [[UInt16]]) {
    let scratch = RowScratch()
    scratch.read(state.store, head, slots: slots)
    let dimension = shape.headDimension
    func rows(_ flat: [UInt16]) -> [[UInt16]] {
      (0..<slots.count).map { Array(flat[$0 * dimension..<($0 + 1) * dimension]) }
    }
    return (rows(scratch.keys), rows(scratch.values))
  }

  /// The attention that queries give each vision token of one head: the largest share that any query gives it, as a
  /// logarithm, captions included.
  ///
  /// - Parameter queries: at their present positions; at least one of this head.
  package func attention(of queries: ProxyQueries, to head: HeadIndex) -> [Float] {
    var attention = ProxyAttention(dimension: shape.headDimension)
    let (vision, system) = (RowScratch(), RowScratch())
    let slots = systemCount..<systemCount + visionCount
    vision.read(state.store, head, slots: slots)
    system.read(state.store, head, slots: 0..<systemCount)
    vision.withSpans(slots.count * shape.headDimension) { keys, _ in
      system.withSpans(systemCount * shape.headDimension) { system, _ in
        attention.score(
          keys: keys, values: nil, system: system, proxy: queries, layer: head.layer, head: head.head, movedBy: 0)
      }
    }
    return Array(attention.scores.prefix(slots.count))
  }

  /// Stores one head's key and value of the token that is `tokensFromEnd` from the end, given as 16-bit floats.
  package func write(_ key: [UInt16], _ value: [UInt16], layer: Int, head: Int, tokensFromEnd: Int) {
    let slot = state.layout.count(ofGroup: state.store.group(layer: layer, head: head)) - tokensFromEnd
    key.withUnsafeBufferPointer { key in
      value.withUnsafeBufferPointer { value in
        guard let key = key.baseAddress, let value = value.baseAddress else { return }
        state.store.write(layer: layer, head: head, slot: slot, key: key, value: value, used: slot)
      }
    }
  }
}
