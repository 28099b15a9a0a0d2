// SPDX-License-Identifier: Apache-2.0

/// Changes of the text segment, with what follows from them for positions and retrieval. `KeyValueCache` documents the
/// methods that it passes on.
extension CacheState {
  mutating func truncateText(to n: Int) {
    precondition(n <= 0 || n >= layout.textCount || recurrent == nil, "a recurrent state cannot be taken back")
    changeText { $0.layout.truncateText(to: n) }
    if layout.textCount == 0 { offload?.endRetrieval() }
  }

  mutating func withdraw(_ n: Int) {
    precondition(n <= layout.textCount, "the text has no such tokens")
    let left = layout.textCount - n
    changeText { $0.layout.truncateText(to: left) }
    if layout.textCount == 0 { offload?.endRetrieval() }
  }

  mutating func parkText() {
    precondition(recurrent == nil, "a recurrent state cannot be parked")
    offload?.endRetrieval()
    changeText { TextParking.park(&$0.layout, in: $0.store) }
  }

  mutating func reattachText(movedBy change: Int, rotation: RoPEFrequencies) {
    changeText { TextParking.reattach(movedBy: change, rotation: rotation, &$0.layout, in: $0.store) }
  }

  mutating func discardParked() { changeText { TextParking.discard(&$0.layout, in: $0.store) } }

  mutating func removeFromText(_ removed: Range<Int>, rotation: RoPEFrequencies) {
    precondition(recurrent == nil, "a recurrent state cannot be taken back")
    changeText { TextParking.remove(removed, rotation: rotation, from: &$0.layout, in: $0.store) }
  }

  /// Lets attention rotate the text's keys again, which matters only where its positions have changed.
  private mutating func changeText(_ change: (inout CacheState) -> Void) {
    let before = layout.textPositions
    change(&self)
    if !before.runs.isEmpty || !layout.textPositions.runs.isEmpty { updateRotations() }
  }
}
