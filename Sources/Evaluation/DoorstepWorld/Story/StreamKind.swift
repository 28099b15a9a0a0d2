// SPDX-License-Identifier: Apache-2.0

/// How the events of a stream lie in it. The raw values are the command-line names.
public enum StreamKind: String, Sendable, CaseIterable, Codable {
  /// All comes in the first part; the rest is quiet.
  case early
  /// All comes midway, with a quiet part before and after.
  case middle
  /// A long quiet part, then all comes.
  case late
  /// Events all along, with long quiet gaps.
  case spread
  /// A few events among many passers-by of two kinds, before and after.
  case distractors
  /// Nothing comes.
  case empty = "static"
  /// Events all along, while day becomes evening and night, or night becomes day; questions at several moments.
  case dayAndNight = "day-and-night"
  /// Events all along; several questions at each of several moments, in one conversation.
  case dialogue
}
