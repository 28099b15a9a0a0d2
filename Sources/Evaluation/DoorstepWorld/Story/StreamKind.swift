// SPDX-License-Identifier: Apache-2.0

/// When the events of a stream happen. The raw values are the words of the command line.
public enum StreamKind: String, Sendable, CaseIterable, Codable {
  /// All events are at the beginning.
  case early
  /// All events are in the middle.
  case middle
  /// All events are at the end.
  case late
  /// Events are spread over the stream, with long gaps.
  case spread
  /// A few events, and many passers-by of two kinds before and after them.
  case distractors
  /// There are no events.
  case empty = "static"
  /// Events are spread over the stream while the time of day changes. Questions are asked at several moments.
  case dayAndNight = "day-and-night"
  /// Events are spread over the stream. Questions are asked at several moments, in one conversation.
  case dialogue
}
