// SPDX-License-Identifier: Apache-2.0

/// Parks the text segment while temporal patches are appended, and brings it back behind them.
///
/// Vision must not depend on the conversation: temporal patches are read as if there were no text. The keys and
/// values of the text are kept. They move to the upper end of every head's slots, where they count against the
/// budget and nothing attends to them:
///
///     text          | system | vision          | text | free           |
///     parked        | system | vision          | free           | text |
///     appended      | system | vision + newer patches | free    | text |
///     reattached    | system | vision + newer patches | text | free    |
///
/// Positions in between belong to newer temporal patches then, so the text moves to positions behind them, and
/// attention rotates its keys when it reads them (`KeyRotationRuns`). The keys and values of the text are not computed
/// again, although other tokens stand before it now.
enum TextParking {
  /// Parks the text segment.
  ///
  /// - Precondition: no text is parked.
  static func park(_ layout: inout SegmentLayout, in store: PageStore) {
    precondition(layout.parkedCount == 0, "text is parked already")
    let rows = layout.textCount
    for (group, members) in layout.groups.members.enumerated() {
      let (source, target) = (layout.count(ofGroup: group) - rows, layout.slots[group] - rows)
      for member in members { store.move(member, rows: rows, from: source, to: target) }
    }
    layout.parkText()
    store.markParked(rows, slots: layout.slots)
  }

  /// Makes parked text the text segment again.
  ///
  /// - Parameters:
  ///   - change: positions by which its tokens move.
  ///   - rotation: RoPE of a text position.
  /// - Precondition: there is no other text.
  static func reattach(
    movedBy change: Int, rotation: RoPEFrequencies, _ layout: inout SegmentLayout, in store: PageStore
  ) {
    precondition(layout.textCount == 0, "there is other text")
    let rows = layout.parkedCount
    for (group, members) in layout.groups.members.enumerated() {
      let (source, target) = (layout.slots[group] - rows, layout.count(ofGroup: group))
      for member in members { store.move(member, rows: rows, from: source, to: target) }
    }
    layout.reattachText(movedBy: change, rotation: rotation)
    store.markParked(0, slots: layout.slots)
  }

  /// Frees the slots of parked text.
  static func discard(_ layout: inout SegmentLayout, in store: PageStore) {
    layout.discardParked()
    store.markParked(0, slots: layout.slots)
  }

  /// Removes tokens from the middle of the text segment; those behind them move down, in memory and in position.
  ///
  /// - Parameters:
  ///   - removed: counted from the segment's first token.
  ///   - rotation: RoPE of a text position.
  static func remove(
    _ removed: Range<Int>, rotation: RoPEFrequencies, from layout: inout SegmentLayout, in store: PageStore
  ) {
    let textCount = layout.textCount
    precondition(removed.lowerBound >= 0 && removed.upperBound <= textCount, "the text has no such tokens")
    for (group, members) in layout.groups.members.enumerated() {
      let start = layout.count(ofGroup: group) - textCount
      for member in members {
        store.move(
          member, rows: textCount - removed.upperBound, from: start + removed.upperBound,
          to: start + removed.lowerBound)
      }
    }
    layout.removeText(removed, rotation: rotation)
  }

  /// Gives the heads of each group another number of slots, and moves parked text to their new end.
  static func resize(_ layout: inout SegmentLayout, to slots: [Int], in store: PageStore) {
    let rows = layout.parkedCount
    for (group, members) in layout.groups.members.enumerated() {
      let (source, target) = (layout.slots[group] - rows, slots[group] - rows)
      for member in members { store.move(member, rows: rows, from: source, to: target) }
    }
    layout.resize(to: slots)
    store.markParked(rows, slots: slots)
  }
}
