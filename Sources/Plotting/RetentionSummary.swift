import SessionInterface

/// What a map says in one line, from the longest wording to the shortest.
package enum RetentionSummary {
  /// How much is held, and how far back it goes; each text is complete.
  package static func wordings(_ map: RetentionMap) -> [[String]] {
    guard map.framesSeen > 0 else { return [["nothing seen yet"]] }
    let held = count(map.frames.count)
    let seen = count(map.framesSeen)
    let frames = map.framesSeen == 1 ? "frame" : "frames"
    guard let first = map.frames.first else { return [["none of \(seen) \(frames) still held"]] }
    let oldest = "oldest \(clock(first.time))"
    return [
      ["\(held) of \(seen) \(frames) still held in part", oldest], ["\(held) of \(seen) \(frames) held", oldest],
      ["\(held) / \(seen) held", oldest],
    ]
  }
}
