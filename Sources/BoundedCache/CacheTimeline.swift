extension KeyValueCache {
  /// Frames on the rotary timeline: those that came since the vision part was begun, or since the last `compactTime`.
  public var timelineFrames: Int { Int(origins.next) }

  /// Positions that these frames take up on the rotary timeline.
  public var timelineLength: Int { Int(origins.length) }

  /// Closes the gaps that passes left on the rotary timeline: the frames of which anything is still held move together,
  /// in order, with their captions, and their keys are turned to their new places. Positions then stay within what is
  /// held, however long the stream. The caller goes on at `timelineLength`.
  ///
  /// - Precondition: there is no tail, whose positions would no longer follow.
  public func compactTime() {
    precondition(tailCount == 0, "the tail's positions follow the vision part's")
    gatherCaptions()
    var turner = KeyTurner(rotation, headDimension: shape.headDimension)
    let frameStart = systemCount + layout.captionTokens
    let length = origins.length
    let moves = origins.compact { index, slot, change in
      turn(index, slot: frameStart + slot, by: change, &turner)
    }
    // The frame of the newest caption may be still to come: it stands at the end of the timeline.
    moveCaptions(by: moves + [(origins.next, origins.length - length)], turner: &turner)
    if let recall {
      let starts = origins.starts
      recall.moved { timelinePlace(ofStreamFrame: $0, starts: starts) }
    }
  }

  private func turn(_ index: Int, slot: Int, by change: Int32, _ turner: inout KeyTurner) {
    let held = count(ofGroup: storage.groupOfHead[index])
    storage.turnKey(
      HeadIndex(layer: index / shape.keyValueHeads, head: index % shape.keyValueHeads), slot: slot, by: change,
      turner: &turner, held: held)
  }

  /// Turns the captions' keys with their frames, and drops captions whose frames are gone.
  private func moveCaptions(by moves: [(number: Int32, change: Int32)?], turner: inout KeyTurner) {
    guard layout.captionTokens > 0 else { return }
    var kept: [VisionLayout.Caption] = []
    var slot = systemCount
    var slots: [Int] = []
    for caption in layout.captions {
      if let (number, change) = moves[Int(caption.frame)] {
        if change != 0 {
          for index in 0..<shape.layers * shape.keyValueHeads {
            for captionSlot in slot..<slot + caption.tokens { turn(index, slot: captionSlot, by: change, &turner) }
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
