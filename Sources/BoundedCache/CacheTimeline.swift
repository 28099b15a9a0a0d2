// SPDX-License-Identifier: Apache-2.0

extension KeyValueCache {
  /// Frames on the rope timeline: those that came since the vision part was begun, or since the last `compactPositions`.
  public var positionedTemporalPatches: Int { Int(origins.next) }

  /// Positions that these frames take up on the rope timeline.
  public var nextVisionPosition: Int { Int(origins.length) }

  /// Closes the gaps that passes left on the rope timeline: the frames of which anything is still held move together,
  /// in order, with their captions, and their keys are turned to their new places. Positions then stay within what is
  /// held, however long the stream. The caller goes on at `nextVisionPosition`.
  ///
  /// - Precondition: there is no tail, whose positions would no longer follow.
  public func compactPositions() {
    precondition(textCount == 0, "the tail's positions follow the vision part's")
    gatherCaptions()
    var rotator = RoPERotator(rotation, headDimension: shape.headDimension)
    let frameStart = systemCount + layout.captionTokens
    let length = origins.length
    let moves = origins.compact { index, slot, change in
      turn(index, slot: frameStart + slot, by: change, &rotator)
    }
    // The frame of the newest caption may be still to come: it stands at the end of the timeline.
    moveCaptions(by: moves + [(origins.next, origins.length - length)], rotator: &rotator)
    if let offload {
      let starts = origins.starts
      offload.moved { position(ofStreamIndex: $0, starts: starts) }
    }
  }

  private func turn(_ index: Int, slot: Int, by change: Int32, _ rotator: inout RoPERotator) {
    let held = count(ofGroup: storage.groupOfHead[index])
    storage.rotateKey(
      HeadIndex(layer: index / shape.keyValueHeads, head: index % shape.keyValueHeads), slot: slot, by: change,
      rotator: &rotator, held: held)
  }

  /// Turns the captions' keys with their frames, and drops captions whose frames are gone.
  private func moveCaptions(by moves: [(number: Int32, change: Int32)?], rotator: inout RoPERotator) {
    guard layout.captionTokens > 0 else { return }
    var kept: [VisionLayout.Caption] = []
    var slot = systemCount
    var slots: [Int] = []
    for caption in layout.captions {
      if let (number, change) = moves[Int(caption.frame)] {
        if change != 0 {
          for index in 0..<shape.layers * shape.keyValueHeads {
            for captionSlot in slot..<slot + caption.tokens { turn(index, slot: captionSlot, by: change, &rotator) }
          }
        }
        kept.append(VisionLayout.Caption(frame: number, tokens: caption.tokens))
        slots.append(contentsOf: slot - systemCount..<slot - systemCount + caption.tokens)
      }
      slot += caption.tokens
    }
    keepCaptions(kept, slots: slots)
  }
}
