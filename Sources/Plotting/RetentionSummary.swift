// SPDX-License-Identifier: Apache-2.0

import Records
import SessionInterface

/// A retention map in one line of text, from the longest wording to the shortest.
package enum RetentionSummary {
  /// The number of temporal patches that are cached in part, and the time of the oldest. Each text is complete.
  package static func wordings(_ map: RetentionMap) -> [[String]] {
    guard map.temporalPatchesSeen > 0 else { return [["nothing seen yet"]] }
    let cached = count(map.temporalPatches.count)
    let seen = count(map.temporalPatchesSeen)
    let unit = map.temporalPatchesSeen == 1 ? "temporal patch" : "temporal patches"
    guard let first = map.temporalPatches.first else { return [["none of \(seen) \(unit) cached"]] }
    let oldest = "oldest \(clock(first.time))"
    return [
      ["\(cached) of \(seen) \(unit) still cached in part", oldest], ["\(cached) of \(seen) \(unit) cached", oldest],
      ["\(cached) / \(seen) cached", oldest],
    ]
  }
}
