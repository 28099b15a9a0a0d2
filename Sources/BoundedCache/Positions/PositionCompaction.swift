// SPDX-License-Identifier: Apache-2.0

/// Re-indexes the temporal positions of the vision segment.
///
/// Evicted temporal patches leave gaps between the positions of those that stay:
///
///     cached temporal patches    2     5  6        9        position before    2     5  6        9
///                                                           position after     0     1  2        3
///
/// The temporal patches of which anything is cached move together, in order, with their captions. So positions stay
/// within what is cached, however long the stream. Nothing cached is written again: how far each temporal patch has
/// moved is noted, and attention rotates its keys by that when it reads them (`KeyRotationRuns`).
enum PositionCompaction {
  /// - Precondition: there is no text, whose positions would no longer follow those of the vision segment.
  static func compact(_ layout: inout SegmentLayout, _ origins: inout VisionTokenOrigins, in store: PageStore) {
    precondition(layout.textCount == 0, "the text's positions follow those of the vision segment")
    CaptionCompaction.gather(&layout, in: store)
    let length = origins.nextPosition
    let moves = origins.compact()
    // A newest caption may precede a temporal patch that is still to come: it moves with the next position.
    moveCaptions(by: moves + [(origins.next, origins.nextPosition - length)], &layout, in: store)
  }

  /// Moves captions with their temporal patches, and evicts captions whose temporal patch is gone.
  private static func moveCaptions(
    by moves: [(number: Int32, change: Int32)?], _ layout: inout SegmentLayout, in store: PageStore
  ) {
    guard layout.captions.tokens > 0 else { return }
    var retained: [CaptionLayout.Caption] = []
    var slots: [Int] = []
    var first = 0
    for caption in layout.captions.captions {
      if let (number, change) = moves[Int(caption.temporalPatch)] {
        retained.append(
          CaptionLayout.Caption(temporalPatch: number, tokens: caption.tokens, change: caption.change &+ change))
        slots.append(contentsOf: first..<first + caption.tokens)
      }
      first += caption.tokens
    }
    CaptionCompaction.retain(retained, slots: slots, &layout, in: store)
  }
}

extension CacheState {
  /// Re-indexes positions, as `KeyValueCache.compactPositions` says.
  mutating func compactPositions() {
    PositionCompaction.compact(&layout, &origins, in: store)
    updateRotations()
    offload?.moved(to: origins)
  }

  /// Lets attention rotate the keys whose positions have changed since they were stored.
  func updateRotations() { KeyRotationRuns.update(store, layout, origins, temporal: compressor.rotation) }
}
