// SPDX-License-Identifier: Apache-2.0

/// Where one head's vision tokens come from, in stream order.
package struct TokenOrigins {
  /// The number of each token's frame.
  package var frames: [Int32] = []
  /// Each token's place in its frame, row by row.
  package var places: [Int32] = []

  package init(frames: [Int32] = [], places: [Int32] = []) {
    self.frames = frames
    self.places = places
  }
}

/// Where the vision tokens of every head come from: for each slot the number of its frame and its place in the frame,
/// for each frame its place on the rope timeline and in the stream.
///
/// The published method keeps none of this. It is needed to compare the same patch of the picture in later passes, to
/// move an endless stream's positions, which would otherwise leave the range that a model was trained on, and to show
/// what is held of which moment.
struct StreamOrigins {
  /// For each layer and head, its vision slots.
  private(set) var heads: [TokenOrigins]
  /// How far the timeline advances with each frame, in positions.
  private var advances: [Int32] = []
  /// Each frame's number in the stream, from 0, which stays when `compact` numbers the frames anew.
  private(set) var streamIndices: [Int] = []
  /// Frames that came since the start or the last `removeAll`, whether or not anything of them is held.
  private(set) var temporalPatchesAppended = 0
  /// Tokens of one whole frame in one head; 0 before the first.
  private(set) var tokensPerTemporalPatch = 0
  /// Positions that all frames take up.
  private(set) var length: Int32 = 0

  /// The number of the next frame.
  var next: Int32 { Int32(advances.count) }

  /// Where each frame begins on the timeline.
  var starts: [Int32] {
    var start: Int32 = 0
    return advances.map { advance in
      defer { start &+= advance }
      return start
    }
  }

  init(heads count: Int) {
    heads = Array(repeating: TokenOrigins(), count: count)
  }

  mutating func append(frames count: Int, tokensPerTemporalPatch: Int, advance: Int32) {
    self.tokensPerTemporalPatch = tokensPerTemporalPatch
    for _ in 0..<count {
      let number = next
      for head in heads.indices {
        heads[head].frames.append(contentsOf: repeatElement(number, count: tokensPerTemporalPatch))
        heads[head].places.append(contentsOf: 0..<Int32(tokensPerTemporalPatch))
      }
      advances.append(advance)
      streamIndices.append(temporalPatchesAppended)
      temporalPatchesAppended += 1
      length &+= advance
    }
  }

  /// Closes up one head: `kept` are the vision slots that stay, ascending.
  mutating func keep(_ kept: [Int], head: Int) {
    for (slot, index) in kept.enumerated() {
      heads[head].frames[slot] = heads[head].frames[index]
      heads[head].places[slot] = heads[head].places[index]
    }
    heads[head].frames.removeLast(heads[head].frames.count - kept.count)
    heads[head].places.removeLast(heads[head].places.count - kept.count)
  }

  mutating func removeAll() {
    for head in heads.indices {
      heads[head].frames.removeAll(keepingCapacity: true)
      heads[head].places.removeAll(keepingCapacity: true)
    }
    advances.removeAll(keepingCapacity: true)
    streamIndices.removeAll(keepingCapacity: true)
    temporalPatchesAppended = 0
    tokensPerTemporalPatch = 0
    length = 0
  }

  /// For each frame's number, how many of its tokens are held in all heads together.
  func cachedTokens() -> [Int] {
    var held = [Int](repeating: 0, count: advances.count)
    for head in heads { for frame in head.frames { held[Int(frame)] += 1 } }
    return held
  }

  /// Numbers the frames of which any head still holds a token anew, without gaps, and moves them together.
  ///
  /// - Parameter move: called for each head and slot whose frame moved, with the change of its positions.
  /// - Returns: for each old number, the new one and the change of its positions; nil for frames that are gone.
  mutating func compact(
    _ move: (_ head: Int, _ slot: Int, _ change: Int32) -> Void
  ) -> [(number: Int32, change: Int32)?] {
    let held = cachedTokens()
    var moves: [(number: Int32, change: Int32)?] = []
    var kept: [Int32] = []
    var keptStreamIndices: [Int] = []
    var before: Int32 = 0
    var after: Int32 = 0
    for (frame, advance) in advances.enumerated() {
      if held[frame] > 0 {
        moves.append((Int32(kept.count), after &- before))
        kept.append(advance)
        keptStreamIndices.append(streamIndices[frame])
        after &+= advance
      } else {
        moves.append(nil)
      }
      before &+= advance
    }
    for head in heads.indices {
      for slot in heads[head].frames.indices {
        guard let (number, change) = moves[Int(heads[head].frames[slot])] else { continue }
        heads[head].frames[slot] = number
        if change != 0 { move(head, slot, change) }
      }
    }
    advances = kept
    streamIndices = keptStreamIndices
    length = after
    return moves
  }
}
