// SPDX-License-Identifier: Apache-2.0

import BoundedCache

/// The figures of the moment.
public struct SessionStatistics: Sendable, Equatable {
  /// Stream time that the model has taken in, in seconds.
  public var streamTime: Double = 0
  /// Sampled frames given to the model.
  public var framesSeen = 0
  /// Sampled frames that came too fast and were dropped.
  public var framesDropped = 0
  /// Sampled frames that showed nothing new, or came beyond the share of computing, and were not looked at; nil where
  /// all are.
  public var framesSkipped: Int?
  /// The share of the frames' places that the vision tower computed, from 0 to 1; nil where it computes all.
  public var activeShare: Double?
  /// Tokens of the system prompt that are cached now. Of all counts here, each KV head of each layer holds as many.
  public var systemTokens = 0
  /// Tokens of the stream.
  public var visionTokens = 0
  /// Tokens of the conversation.
  public var textTokens = 0
  /// Tokens retrieved from the offload file for the question in view.
  public var retrievedTokens = 0
  /// The most tokens that may be cached; nil under the policy `full`.
  public var budget: Int?
  /// The most tokens ever cached.
  public var peakTokens = 0
  /// Compressions of the KV cache so far.
  public var compressions = 0
  /// Bytes of the KV cache.
  public var cacheBytes = 0
  /// Which tokens a compression retains; nil before the first figures.
  public var policy: RetentionPolicy?
  /// Speed of the last answer, in tokens a second; nil before the first one.
  public var answerTokensPerSecond: Double?
  /// Sampled frames a second that the model takes in; nil before the first.
  public var framesPerSecond: Double?
  /// Resident memory of the whole process, in bytes.
  public var residentBytes = 0
  /// True while the stream is paused.
  public var isPaused = false

  /// Before anything was read: all counts are 0.
  public init() {}

  /// Tokens cached now.
  public var cachedTokens: Int { systemTokens + visionTokens + textTokens + retrievedTokens }
}
