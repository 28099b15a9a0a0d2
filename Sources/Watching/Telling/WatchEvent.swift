// SPDX-License-Identifier: Apache-2.0

import Records

/// The beginning or the end of what a watch is for.
public struct WatchEvent: Sendable, Equatable {
  /// What has changed.
  public enum Change: Sendable, Equatable {
    /// It began.
    ///
    /// - Parameters:
    ///   - votes: how many of the latest blocks say so; nil where it is missing.
    ///   - text: the model's answer in words; nil where it is missing.
    ///   - suppressed: alerts that came too soon, since the one before.
    case on(votes: Int?, text: String?, suppressed: Int)
    /// It ended after as many seconds.
    case off(seconds: Double)
  }

  public var watch: Watch
  public var change: Change
  /// Stream time, in seconds.
  public var time: Double
  public var state: Watcher.State

  /// Version of the lines.
  static let version = 1

  /// As a line of JSON.
  ///
  /// - Parameters:
  ///   - source: of the stream.
  ///   - date: of the wall clock, in ISO 8601; nil for a recording.
  ///   - snapshot: file of the frame at which it began; nil without.
  package func json(source: String, date: String? = nil, snapshot: String? = nil) -> OrderedJSON {
    var members: [(String, OrderedJSON)] = [
      ("type", "alert"), ("version", .integer(Self.version)), ("watch", .string(watch.name)),
      ("source", .string(source)),
    ]
    switch change {
    case .on: members.append(("state", "on"))
    case .off: members.append(("state", "off"))
    }
    if let date { members.append(("at", .string(date))) }
    members.append(("stream", .number(time)))
    if let score = state.score { members.append(("score", .number(score))) }
    members += [("evidence", .number(state.evidence)), ("threshold", .number(state.threshold))]
    switch change {
    case .on(let votes, let text, let suppressed):
      if let votes { members.append(("votes", .string("\(votes)/\(EpisodeThresholds.ofBlocks)"))) }
      if let text { members.append(("text", .string(text))) }
      if let snapshot { members.append(("snapshot", .string(snapshot))) }
      members.append(("suppressed_since_last", .integer(suppressed)))
    case .off(let seconds):
      members.append(("seconds", .number(seconds)))
    }
    return .object(members)
  }
}
