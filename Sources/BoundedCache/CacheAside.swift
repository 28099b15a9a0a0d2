/// The tail while frames come: aside, where nothing sees it.
///
/// What is seen must not depend on what was said, so frames are read as if there were no tail. Its keys and values need
/// not go for that. They move to the upper end of every head's slots, where they count but nothing sees them, and come
/// back behind the frames when words go on. Positions in between belong to the frames by then, so the keys are turned to
/// the places that the words now have; what the words saw when they were read stays as it was.
extension KeyValueCache {
  /// Sets the tail aside. What was recalled for it goes.
  ///
  /// - Precondition: nothing is aside yet.
  public func setTailAside() {
    precondition(asideCount == 0, "one tail is aside already")
    endRecall()
    for group in groups.members.indices {
      moveRows(tailCount, of: group, from: count(ofGroup: group) - tailCount, to: slots(ofGroup: group) - tailCount)
    }
    asideCount = tailCount
    tailCount = 0
    markAside()
  }

  /// Lets what was set aside be the tail again.
  ///
  /// - Parameters:
  ///   - change: how many positions later its tokens stand now.
  ///   - rotation: how keys turn with a position of text.
  /// - Precondition: there is no other tail.
  public func resumeTail(movedBy change: Int, rotation: TimeRotation) {
    precondition(tailCount == 0, "there is another tail")
    for group in groups.members.indices {
      moveRows(asideCount, of: group, from: slots(ofGroup: group) - asideCount, to: count(ofGroup: group))
    }
    tailCount = asideCount
    asideCount = 0
    markAside()
    turnTail(0..<tailCount, by: change, rotation: rotation)
  }

  /// Gives up what was set aside.
  public func dropAside() {
    asideCount = 0
    markAside()
  }

  /// Takes some tokens out of the tail; those after them follow closely on those before, in memory and on the timeline.
  ///
  /// - Parameters:
  ///   - removed: counted from the tail's first token.
  ///   - rotation: how keys turn with a position of text.
  public func removeFromTail(_ removed: Range<Int>, rotation: TimeRotation) {
    precondition(removed.lowerBound >= 0 && removed.upperBound <= tailCount, "the tail has no such tokens")
    for group in groups.members.indices {
      let start = count(ofGroup: group) - tailCount
      moveRows(
        tailCount - removed.upperBound, of: group, from: start + removed.upperBound, to: start + removed.lowerBound)
    }
    tailCount -= removed.count
    turnTail(removed.lowerBound..<tailCount, by: -removed.count, rotation: rotation)
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
  func moveAside(from before: [Int]) {
    for group in groups.members.indices {
      moveRows(asideCount, of: group, from: before[group] - asideCount, to: slots(ofGroup: group) - asideCount)
    }
    markAside()
  }

  private func markAside() {
    for group in groups.members.indices {
      let end = slots(ofGroup: group)
      storage.asideSlots[group] = end - asideCount..<end
    }
  }

  private func moveRows(_ rows: Int, of group: Int, from source: Int, to target: Int) {
    for member in groups.members[group] { storage.move(member, rows: rows, from: source, to: target) }
  }

  private func turnTail(_ rows: Range<Int>, by change: Int, rotation: TimeRotation) {
    guard change != 0, !rows.isEmpty else { return }
    var turner = KeyTurner(rotation, headDimension: shape.headDimension)
    for (group, members) in groups.members.enumerated() {
      let held = count(ofGroup: group)
      for member in members {
        for row in rows {
          storage.turnKey(
            member, slot: held - tailCount + row, by: Int32(clamping: change), turner: &turner, held: held)
        }
      }
    }
  }
}
