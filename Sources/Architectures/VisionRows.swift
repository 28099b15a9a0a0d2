// SPDX-License-Identifier: Apache-2.0

import Compute

/// The rows of an image that a forward pass of a vision tower computes, at one depth of the tower.
///
/// A dense pass computes all rows. A sparse pass computes those of the active spatial merge groups, gathered without
/// gaps; the keys and values of the others are in a `VisionCache`. Groups are counted in the tower's order.
struct VisionRows {
  /// The active groups, ascending; nil for all.
  let activeGroups: [Int]?
  /// Spatial merge groups of the image.
  let groupCount: Int
  /// Rows of a group: its patches, or what the window merger has left of them.
  let rowsPerGroup: Int

  /// Whether all rows are computed.
  var isDense: Bool { activeGroups == nil }
  /// Rows that are computed.
  var count: Int { (activeGroups?.count ?? groupCount) * rowsPerGroup }
  /// Rows of the image.
  var total: Int { groupCount * rowsPerGroup }

  /// All rows of an image.
  init(_ layout: PatchLayout) {
    self.init(activeGroups: nil, groupCount: layout.count / layout.groupSize, rowsPerGroup: layout.groupSize)
  }

  /// The rows of the active places of an image.
  ///
  /// - Parameter active: whether each spatial merge group is computed, row by row of the image.
  init(_ layout: PatchLayout, active: [Bool]) {
    var groups: [Int] = []
    layout.forEachMergeGroup { index, row, column in
      if active[row * layout.mergedColumns + column] { groups.append(index) }
    }
    let all = VisionRows(layout)
    self.init(
      activeGroups: groups.count == all.groupCount ? nil : groups, groupCount: all.groupCount,
      rowsPerGroup: all.rowsPerGroup)
  }

  init(activeGroups: [Int]?, groupCount: Int, rowsPerGroup: Int) {
    self.activeGroups = activeGroups
    self.groupCount = groupCount
    self.rowsPerGroup = rowsPerGroup
  }

  /// The computed rows as if there were no others.
  var alone: VisionRows {
    VisionRows(activeGroups: nil, groupCount: count / rowsPerGroup, rowsPerGroup: rowsPerGroup)
  }

  /// The rows after a merger of `factor` rows to one.
  func merged(by factor: Int) -> VisionRows {
    VisionRows(activeGroups: activeGroups, groupCount: groupCount, rowsPerGroup: rowsPerGroup / factor)
  }

  /// Calls `body` with each run of computed rows that also follow each other in the image.
  ///
  /// - Parameters:
  ///   - gathered: the run's first row among those that are computed.
  ///   - image: the same row among those of the image.
  func forEachRun(_ body: (_ gathered: Int, _ image: Int, _ count: Int) -> Void) {
    guard let activeGroups else { return body(0, 0, total) }
    var start = 0
    for index in activeGroups.indices {
      let ends = index + 1 == activeGroups.count || activeGroups[index + 1] != activeGroups[index] + 1
      guard ends else { continue }
      body(start * rowsPerGroup, activeGroups[start] * rowsPerGroup, (index + 1 - start) * rowsPerGroup)
      start = index + 1
    }
  }

  /// Calls `body` with each computed patch's row among those that are computed, and its row and column in the image.
  func forEachPatch(of layout: PatchLayout, _ body: (_ index: Int, _ row: Int, _ column: Int) -> Void) {
    guard let activeGroups else { return layout.forEachPatch(body) }
    var active = 0
    layout.forEachPatch { index, row, column in
      let (group, patch) = index.quotientAndRemainder(dividingBy: layout.groupSize)
      guard active < activeGroups.count, activeGroups[active] == group else { return }
      body(active * layout.groupSize + patch, row, column)
      if patch + 1 == layout.groupSize { active += 1 }
    }
  }

  /// Copies computed rows to their places in the image.
  func scatter(_ rows: FloatMatrix, to image: FloatMatrix) {
    forEachRun { gathered, start, count in
      for row in 0..<count { image.copy(row: start + row, from: rows, row: gathered + row) }
    }
  }

  /// Copies the rows of the image that are computed, without gaps.
  func gather(_ image: FloatMatrix, to rows: FloatMatrix) {
    forEachRun { gathered, start, count in
      for row in 0..<count { rows.copy(row: gathered + row, from: image, row: start + row) }
    }
  }

  /// For each window of the image, the computed row after its last one.
  ///
  /// - Parameter ends: for each window, the image's row after its last one, ascending.
  func gatheredEnds(of ends: [Int]) -> [Int] {
    guard let activeGroups else { return ends }
    var active = 0
    return ends.map { end in
      while active < activeGroups.count, activeGroups[active] * rowsPerGroup < end { active += 1 }
      return active * rowsPerGroup
    }
  }
}
