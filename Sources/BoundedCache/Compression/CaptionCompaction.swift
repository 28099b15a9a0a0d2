// SPDX-License-Identifier: Apache-2.0

/// Gathers captions in front of the vision tokens, and evicts those whose temporal patches are.
enum CaptionCompaction {
  /// Moves all captions in front of all vision tokens, in every head.
  static func gather(_ layout: inout SegmentLayout, in store: PageStore) {
    guard !layout.captions.isGathered else { return }
    for (group, members) in layout.groups.members.enumerated() {
      let runs = layout.captionRuns(ofGroup: group)
      for member in members { store.gatherCaptions(runs, of: member, start: layout.systemCount) }
    }
    layout.gatherCaptions(retaining: layout.captions.captions)
  }

  /// Retains some of the gathered captions; what follows them moves down.
  ///
  /// - Parameters:
  ///   - retained: the captions that stay.
  ///   - slots: their tokens, counted from the first caption's first token.
  static func retain(
    _ retained: [CaptionLayout.Caption], slots: [Int], _ layout: inout SegmentLayout, in store: PageStore
  ) {
    let before = layout.captions.tokens
    if slots.count < before {
      for (group, members) in layout.groups.members.enumerated() {
        let following = layout.visionTokens[group] + layout.textCount
        for member in members {
          store.compact(
            member, start: layout.systemCount, count: before, retaining: slots, following: following)
        }
      }
    }
    layout.gatherCaptions(retaining: retained)
  }

  /// Retains the captions of the temporal patches with the most cached tokens.
  ///
  /// - Parameters:
  ///   - count: captions that stay: as many as temporal patches' worth of tokens were retained.
  ///   - cached: for each temporal patch's number, its tokens that are cached in all heads together.
  static func evict(
    retaining count: Int, cached: @autoclosure () -> [Int], _ layout: inout SegmentLayout, in store: PageStore
  ) {
    guard layout.captions.tokens > 0 else { return layout.gatherCaptions(retaining: []) }
    let retained = layout.captions.captions(ofBest: count, cached: cached())
    let temporalPatches = Set(retained.map(\.temporalPatch))
    var first = 0
    var slots: [Int] = []
    for caption in layout.captions.captions {
      if temporalPatches.contains(caption.temporalPatch) { slots.append(contentsOf: first..<first + caption.tokens) }
      first += caption.tokens
    }
    retain(retained, slots: slots, &layout, in: store)
  }
}
