// SPDX-License-Identifier: Apache-2.0

/// The three parts of the cache, in the order in which they lie in memory and in the sequence.
public enum CacheSegment: String, Sendable, CaseIterable {
  /// The system prompt: written first, never given up.
  case system
  /// What was seen: the only part that passes thin out. It grows only while the tail is empty.
  case vision
  /// The conversation since: dropped as a whole or cut from its end.
  case text
}
