// SPDX-License-Identifier: Apache-2.0

/// Where the vision tokens of every head come from, and the positions of their temporal patches.
///
/// For each slot: the number of its temporal patch, and its patch in it. For each temporal patch: its temporal
/// position, and its index in the stream. The published InfiniPot-V keeps none of this. It is needed to compare tokens
/// of the same patch in later compressions, to re-index the positions of an endless stream, which would otherwise leave
/// the range that a model was trained on, and to show what is cached of which moment.
struct VisionTokenOrigins {
  /// For each layer and head, its vision slots.
  private(set) var heads: [HeadTokenOrigins]
  /// Positions from each temporal patch to the next.
  private var advances: [Int32] = []
  /// Positions by which each temporal patch has moved since its keys were stored.
  private(set) var changes: [Int32] = []
  /// Each temporal patch's index in the stream, from 0. It stays when `compact` changes the numbers.
  private(set) var streamIndices: [Int] = []
  /// Temporal patches appended since the start or the last `removeAll`, cached or evicted.
  private(set) var temporalPatchesAppended = 0
  /// Tokens of one whole temporal patch in one head; 0 before the first.
  private(set) var tokensPerTemporalPatch = 0
  /// The temporal position at which the next temporal patch stands.
  private(set) var nextPosition: Int32 = 0

  /// The number of the next temporal patch.
  var next: Int32 { Int32(advances.count) }

  /// The temporal position of each temporal patch.
  var starts: [Int32] {
    var start: Int32 = 0
    return advances.map { advance in
      defer { start &+= advance }
      return start
    }
  }

  init(heads count: Int) {
    heads = Array(repeating: HeadTokenOrigins(), count: count)
  }

  /// - Parameter places: the patches that have tokens; nil for all.
  mutating func append(
    temporalPatches count: Int, tokensPerTemporalPatch: Int, places: [Int32]? = nil, advance: Int32
  ) {
    self.tokensPerTemporalPatch = tokensPerTemporalPatch
    let tokens = places?.count ?? tokensPerTemporalPatch
    for _ in 0..<count {
      let number = next
      for head in heads.indices {
        heads[head].temporalPatches.append(contentsOf: repeatElement(number, count: tokens))
        heads[head].patches.append(contentsOf: places ?? Array(0..<Int32(tokensPerTemporalPatch)))
      }
      advances.append(advance)
      changes.append(0)
      streamIndices.append(temporalPatchesAppended)
      temporalPatchesAppended += 1
      nextPosition &+= advance
    }
  }

  /// The vision tokens that there are, for `truncate`.
  struct Mark {
    fileprivate let temporalPatches: Int
    fileprivate let tokensOfFirstHead: Int
    fileprivate let tokensPerTemporalPatch: Int
    fileprivate let nextPosition: Int32
  }

  var mark: Mark {
    Mark(
      temporalPatches: advances.count, tokensOfFirstHead: heads.first?.patches.count ?? 0,
      tokensPerTemporalPatch: tokensPerTemporalPatch, nextPosition: nextPosition)
  }

  /// Takes back the temporal patches that were appended since a mark.
  ///
  /// - Precondition: nothing has been evicted or re-indexed since.
  mutating func truncate(to mark: Mark) {
    let patches = advances.count - mark.temporalPatches
    // Every temporal patch adds the same number to every head.
    let tokens = (heads.first?.patches.count ?? 0) - mark.tokensOfFirstHead
    for head in heads.indices {
      heads[head].temporalPatches.removeLast(tokens)
      heads[head].patches.removeLast(tokens)
    }
    advances.removeLast(patches)
    changes.removeLast(patches)
    streamIndices.removeLast(patches)
    temporalPatchesAppended -= patches
    (tokensPerTemporalPatch, nextPosition) = (mark.tokensPerTemporalPatch, mark.nextPosition)
  }

  /// Forgets one head's evicted tokens: `retained` are the vision slots that stay, ascending.
  mutating func retain(_ retained: [Int], head: Int) {
    for (slot, index) in retained.enumerated() {
      heads[head].temporalPatches[slot] = heads[head].temporalPatches[index]
      heads[head].patches[slot] = heads[head].patches[index]
    }
    heads[head].temporalPatches.removeLast(heads[head].temporalPatches.count - retained.count)
    heads[head].patches.removeLast(heads[head].patches.count - retained.count)
  }

  mutating func removeAll() {
    for head in heads.indices {
      heads[head].temporalPatches.removeAll(keepingCapacity: true)
      heads[head].patches.removeAll(keepingCapacity: true)
    }
    advances.removeAll(keepingCapacity: true)
    changes.removeAll(keepingCapacity: true)
    streamIndices.removeAll(keepingCapacity: true)
    temporalPatchesAppended = 0
    tokensPerTemporalPatch = 0
    nextPosition = 0
  }

  /// For each temporal patch's number, its tokens that are cached in all heads together.
  func cachedTokens() -> [Int] {
    var cached = [Int](repeating: 0, count: advances.count)
    for head in heads { for number in head.temporalPatches { cached[Int(number)] += 1 } }
    return cached
  }

  /// The temporal position of a temporal patch, given by its index in the stream; of one that is no longer there, the
  /// position that it would have.
  ///
  /// - Parameter starts: as `starts` was when the question came.
  func position(ofStreamIndex streamIndex: Int64, starts: [Int32]) -> Int32 {
    var low = 0
    var high = streamIndices.count
    while low < high {
      let middle = (low + high) / 2
      if Int64(streamIndices[middle]) < streamIndex { low = middle + 1 } else { high = middle }
    }
    return low < starts.count ? starts[low] : nextPosition
  }

  /// Numbers the temporal patches of which any head has a token cached again, without gaps, and re-indexes their
  /// positions.
  ///
  /// - Returns: for each old number, the new one and the change of position; nil for a temporal patch that is gone.
  mutating func compact() -> [(number: Int32, change: Int32)?] {
    let cached = cachedTokens()
    var moves: [(number: Int32, change: Int32)?] = []
    var retained: [Int32] = []
    var retainedChanges: [Int32] = []
    var retainedIndices: [Int] = []
    var before: Int32 = 0
    var after: Int32 = 0
    for (number, advance) in advances.enumerated() {
      if cached[number] > 0 {
        moves.append((Int32(retained.count), after &- before))
        retained.append(advance)
        retainedChanges.append(changes[number] &+ after &- before)
        retainedIndices.append(streamIndices[number])
        after &+= advance
      } else {
        moves.append(nil)
      }
      before &+= advance
    }
    for head in heads.indices {
      for slot in heads[head].temporalPatches.indices {
        guard let (number, _) = moves[Int(heads[head].temporalPatches[slot])] else { continue }
        heads[head].temporalPatches[slot] = number
      }
    }
    advances = retained
    changes = retainedChanges
    streamIndices = retainedIndices
    nextPosition = after
    return moves
  }
}
