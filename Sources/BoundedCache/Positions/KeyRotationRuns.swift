// SPDX-License-Identifier: Apache-2.0

import Compute

/// Tells attention which keys to rotate: those whose positions have changed since they were stored.
///
/// Temporal patches and their captions move when positions are re-indexed (`PositionCompaction`), the text segment when
/// temporal patches are appended in front of it (`TextParking`). A key keeps the position at which it was stored, and
/// is rotated from there by the sum of all its changes. So it is rounded once, however often it moves. If keys were
/// rotated in place, the rounding errors of all changes would add up.
enum KeyRotationRuns {
  /// Lays out the rotations again: after any change of positions, and after rows were moved or evicted. Tokens that are
  /// appended are stored at their present positions and need none.
  ///
  /// - Parameter temporal: RoPE of a temporal position.
  static func update(
    _ store: PageStore, _ layout: SegmentLayout, _ origins: VisionTokenOrigins, temporal: RoPEFrequencies
  ) {
    let rotations = store.rotations
    let captions = layout.captions.captions
    let text = layout.parkedCount > 0 ? [] : layout.textPositions.runs
    rotations.removeAll()
    let isTemporal = temporal.rotates && (origins.changes.contains { $0 != 0 } || captions.contains { $0.change != 0 })
    let isText = layout.textPositions.rotation.rotates && !text.isEmpty
    guard isTemporal || isText else { return }

    var angles: [Int: Int] = [:]
    func index(of change: Int, _ rotation: RoPEFrequencies) -> Int? {
      guard change != 0, rotation.rotates else { return nil }
      if let found = angles[change] { return found }
      let index = rotations.addAngles(of: change, frequencies: rotation.frequencies)
      angles[change] = index
      return index
    }
    let ofPatches = origins.changes.map { index(of: Int($0), temporal) }
    let ofCaptions = captions.map { index(of: Int($0.change), temporal) }
    angles = [:]
    let ofText = text.map { index(of: $0.change, layout.textPositions.rotation) }

    var runs = Runs()
    for (group, members) in layout.groups.members.enumerated() {
      for member in members {
        let head = member.layer * store.shape.keyValueHeads + member.head
        runs.removeAll()
        runs.append(layout.systemCount, angles: nil)
        appendVision(layout, group: group, origins.heads[head], ofPatches, ofCaptions, to: &runs)
        for (run, angles) in zip(text, ofText) { runs.append(run.tokens, angles: angles) }
        rotations.setRuns(runs.rotated, head: head)
      }
    }
  }

  /// Captions and vision tokens of one head, in the order of their slots.
  private static func appendVision(
    _ layout: SegmentLayout, group: Int, _ origins: HeadTokenOrigins, _ ofPatches: [Int?], _ ofCaptions: [Int?],
    to runs: inout Runs
  ) {
    var caption = 0
    var token = 0
    for run in layout.captionRuns(ofGroup: group) {
      var left = run.captionTokens
      while left > 0, caption < ofCaptions.count {
        runs.append(layout.captions.captions[caption].tokens, angles: ofCaptions[caption])
        left -= layout.captions.captions[caption].tokens
        caption += 1
      }
      for _ in 0..<run.visionTokens {
        runs.append(1, angles: ofPatches[Int(origins.temporalPatches[token])])
        token += 1
      }
    }
  }

  /// Collects the runs of one head.
  private struct Runs {
    private(set) var all: [KeyRotationTable.Run] = []

    /// All but what is read as it is stored at the end.
    var rotated: [KeyRotationTable.Run] { all.last.map { $0.angles == nil } == true ? Array(all.dropLast()) : all }

    mutating func removeAll() { all.removeAll(keepingCapacity: true) }

    mutating func append(_ tokens: Int, angles: Int?) {
      guard tokens > 0 else { return }
      let end = (all.last?.end ?? 0) + tokens
      if let last = all.last, last.angles == angles {
        all[all.count - 1].end = end
      } else {
        all.append(KeyRotationTable.Run(end: end, angles: angles))
      }
    }
  }
}
