// SPDX-License-Identifier: Apache-2.0

/// A watch as it is written on a command line: the condition alone, or with its kind before it.
///
///     a parcel is left at the door
///     since: a parcel was left at the door
///     missing 10m: somebody is in the room
extension Watch {
  /// - Throws: as `init`.
  public init(
    text: String, sensitivity: Sensitivity = .normal, cooldown: Double = Self.usualCooldown
  ) throws(WatchError) {
    let (kind, words) = try Self.kind(of: text)
    try self.init(
      words, name: WatchQuestion.tidied(text), kind: kind, sensitivity: sensitivity, cooldown: cooldown)
  }

  /// - Throws: `WatchError.unknownKind` for a kind with something else beside it.
  private static func kind(of text: String) throws(WatchError) -> (Kind, words: String) {
    guard let colon = text.firstIndex(of: ":") else { return (.now, text) }
    let rest = String(text[text.index(after: colon)...])
    let head = text[..<colon].split(whereSeparator: \.isWhitespace)
    switch (head.first?.lowercased(), head.count) {
    case ("now", 1): return (.now, rest)
    case ("since", 1): return (.since, rest)
    case ("missing", 2):
      if let seconds = seconds(head[1]) { return (.missing(seconds: seconds), rest) }
    case ("now", 2...3), ("since", 2...3), ("missing", 1...3): break
    default: return (.now, text)
    }
    throw .unknownKind(head.joined(separator: " "))
  }

  /// Seconds of `90`, `90s`, `10m` or `2h`.
  private static func seconds(_ text: Substring) -> Double? {
    let factors: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
    guard let unit = text.last.flatMap({ factors[$0] }) else { return Double(text) }
    return Double(text.dropLast()).map { $0 * unit }
  }

  /// Checks the watches of one stream.
  ///
  /// - Throws: `WatchError.nameTwice` or `tooMany`.
  public static func check(_ watches: [Watch]) throws(WatchError) {
    guard watches.count <= most else { throw .tooMany(watches.count) }
    var names: Set<String> = []
    for watch in watches where !names.insert(watch.name).inserted { throw .nameTwice(watch.name) }
  }
}
