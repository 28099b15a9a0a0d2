// SPDX-License-Identifier: Apache-2.0

import Records
import SessionInterface

/// What a map says in one line, from the longest wording to the shortest.
package enum RetentionSummary {
  /// How much is held, and how far back it goes; each text is complete.
  package static func wordings(_ map: RetentionMap) -> [[String]] {
    guard map.temporalPatchesSeen > 0 else { return [["nothing seen yet"]] }
    let held = count(map.temporalPatches.count)
    let seen = count(map.temporalPatchesSeen)
    let frames = map.temporalPatchesSeen == 1 ? "frame" : "frames"
    guard let first = map.temporalPatches.first else { return [["none of \(seen) \(frames) still held"]] }
    let oldest = "oldest \(clock(first.time))"
    return [
      ["\(held) of \(seen) \(frames) still held in part", oldest], ["\(held) of \(seen) \(frames) held", oldest],
      ["\(held) / \(seen) held", oldest],
    ]
  }
}
