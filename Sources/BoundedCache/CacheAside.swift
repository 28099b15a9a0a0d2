// SPDX-License-Identifier: Apache-2.0

/// The tail while frames come: aside, where nothing sees it.
///
/// What is seen must not depend on what was said, so frames are read as if there were no tail. Its keys and values need
/// not go for that. They move to the upper end of every head's slots, where they count but nothing sees them, and come
/// back behind the frames when words go on. Positions in between belong to the frames by then, so the keys are turned to
/// the places that the words now have; what the words saw when they were read stays as it was.
extension KeyValueCache {
  /// Sets the tail aside. What was retrieved for it goes.
  ///
  /// - Precondition: nothing is aside yet.
  public func parkText() {
    precondition(parkedCount == 0, "one tail is aside already")
    endRetrieval()
    for group in groups.members.indices {
      moveRows(textCount, of: group, from: count(ofGroup: group) - textCount, to: slots(ofGroup: group) - textCount)
    }
    parkedCount = textCount
    textCount = 0
    markParked()
  }

  /// Lets what was set aside be the tail again.
  ///
  /// - Parameters:
  ///   - change: how many positions later its tokens stand now.
  ///   - rotation: how keys turn with a position of text.
  /// - Precondition: there is no other tail.
  public func reattachText(movedBy change: Int, rotation: RoPEFrequencies) {
    precondition(textCount == 0, "there is another tail")
    for group in groups.members.indices {
      moveRows(parkedCount, of: group, from: slots(ofGroup: group) - parkedCount, to: count(ofGroup: group))
    }
    textCount = parkedCount
    parkedCount = 0
    markParked()
    rotateText(0..<textCount, by: change, rotation: rotation)
  }

  /// Gives up what was set aside.
  public func discardParked() {
    parkedCount = 0
    markParked()
  }

  /// Takes some tokens out of the tail; those after them follow closely on those before, in memory and on the timeline.
  ///
  /// - Parameters:
  ///   - removed: counted from the tail's first token.
  ///   - rotation: how keys turn with a position of text.
  public func removeFromText(_ removed: Range<Int>, rotation: RoPEFrequencies) {
    precondition(removed.lowerBound >= 0 && removed.upperBound <= textCount, "the tail has no such tokens")
    for group in groups.members.indices {
      let start = count(ofGroup: group) - textCount
      moveRows(
        textCount - removed.upperBound, of: group, from: start + removed.upperBound, to: start + removed.lowerBound)
    }
    textCount -= removed.count
    revision &+= 1
    rotateText(removed.lowerBound..<textCount, by: -removed.count, rotation: rotation)
  }

  /// Slots of each head of a group, in use or not.
  func slots(ofGroup group: Int) -> Int {
    policy == .full ? storage.tables[group].pageCount * CacheStorage.pageTokens : capacities[group]
  }

  /// The same of all groups.
  var slotCounts: [Int] { groups.members.indices.map { slots(ofGroup: $0) } }

  /// Moves what is aside to the upper end of the slots, after their number has changed.
  ///
  /// - Parameter before: of each group, how many slots there were.
  func moveParked(from before: [Int]) {
    for group in groups.members.indices {
      moveRows(parkedCount, of: group, from: before[group] - parkedCount, to: slots(ofGroup: group) - parkedCount)
    }
    markParked()
  }

  private func markParked() {
    revision &+= 1
    for group in groups.members.indices {
      let end = slots(ofGroup: group)
      storage.parkedSlots[group] = end - parkedCount..<end
    }
  }

  private func moveRows(_ rows: Int, of group: Int, from source: Int, to target: Int) {
    for member in groups.members[group] { storage.move(member, rows: rows, from: source, to: target) }
  }

  private func rotateText(_ rows: Range<Int>, by change: Int, rotation: RoPEFrequencies) {
    guard change != 0, !rows.isEmpty else { return }
    var rotator = RoPERotator(rotation, headDimension: shape.headDimension)
    for (group, members) in groups.members.enumerated() {
      let held = count(ofGroup: group)
      for member in members {
        for row in rows {
          storage.rotateKey(
            member, slot: held - textCount + row, by: Int32(clamping: change), rotator: &rotator, held: held)
        }
      }
    }
  }
}
