// SPDX-License-Identifier: Apache-2.0

/// Re-indexes the temporal positions of the vision segment.
///
/// Evicted temporal patches leave gaps between the positions of those that stay:
///
///     cached temporal patches    2     5  6        9        position before    2     5  6        9
///                                                           position after     0     1  2        3
///
/// The temporal patches of which anything is cached move together, in order, with their captions; their keys are rotated
/// by RoPE to the new positions. So positions stay within what is cached, however long the stream.
struct PositionCompaction {
  private let store: PageStore
  private var rotator: RoPERotator

  init(store: PageStore, rotation: RoPEFrequencies) {
    self.store = store
    rotator = RoPERotator(rotation, headDimension: store.shape.headDimension)
  }

  /// - Precondition: there is no text, whose positions would no longer follow those of the vision segment.
  mutating func compact(_ layout: inout SegmentLayout, _ origins: inout StreamOrigins) {
    precondition(layout.textCount == 0, "the text's positions follow those of the vision segment")
    CaptionEviction.gather(&layout, in: store)
    let length = origins.nextPosition
    let moves = origins.compact { [layout] head, slot, change in
      rotate(head, slot: layout.visionStart + slot, by: change, layout)
    }
    // A newest caption may precede a temporal patch that is still to come: it moves with the next position.
    moveCaptions(by: moves + [(origins.next, origins.nextPosition - length)], &layout)
  }

  /// Rotates the captions' keys as their temporal patches move, and evicts captions whose temporal patch is gone.
  private mutating func moveCaptions(by moves: [(number: Int32, change: Int32)?], _ layout: inout SegmentLayout) {
    guard layout.captions.tokens > 0 else { return }
    var retained: [CaptionLayout.Caption] = []
    var slots: [Int] = []
    var first = 0
    for caption in layout.captions.captions {
      if let (number, change) = moves[Int(caption.temporalPatch)] {
        if change != 0 {
          for head in 0..<store.shape.heads {
            for slot in first..<first + caption.tokens {
              rotate(head, slot: layout.systemCount + slot, by: change, layout)
            }
          }
        }
        retained.append(CaptionLayout.Caption(temporalPatch: number, tokens: caption.tokens))
        slots.append(contentsOf: first..<first + caption.tokens)
      }
      first += caption.tokens
    }
    CaptionEviction.retain(retained, slots: slots, &layout, in: store)
  }

  private mutating func rotate(_ head: Int, slot: Int, by change: Int32, _ layout: SegmentLayout) {
    let heads = store.shape.keyValueHeads
    store.rotateKey(
      HeadIndex(layer: head / heads, head: head % heads), slot: slot, by: change, rotator: &rotator,
      used: layout.count(ofGroup: store.group(ofHead: head)))
  }
}
