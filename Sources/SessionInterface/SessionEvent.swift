// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Images

/// What a session tells whoever listens, in the order in which it happened.
public enum SessionEvent: Sendable {
  /// The model is loaded and questions can be asked.
  case ready(SessionDescription)
  /// An image to look at, with its stream time in seconds. More of them come than the model sees frames.
  case preview(Image, time: Double)
  /// Since when a live source sends nothing, in seconds since 1970; nil when it sends again.
  case signal(lostSince: Double?)
  /// The model has taken in the stream up to this time.
  case frameSeen(time: Double)
  /// The KV cache was compressed to make room.
  case compressed(CompressionReport)
  /// The answer to this question begins.
  case answerStarted(question: String)
  /// The next piece of the answer: whole characters, not always whole words.
  case answerPiece(String)
  /// The answer is over.
  case answerFinished(AnswerSummary)
  /// The answer is over because it could not be made; codes are those of a batch's errors. One of this and
  /// `answerFinished` follows every `answerStarted`.
  case answerFailed(code: String, message: String)
  /// The figures of the moment; sent a few times a second at most.
  case statistics(SessionStatistics)
  /// What is cached of each temporal patch; sent while `showRetention` is on, after each compression and twice a second
  /// at most between.
  case retention(RetentionMap)
  /// Something happened to a programming task.
  case code(CodeEvent)
  /// A program is part of the conversation from now on.
  case programShared(CodeProgram)
  /// Something a person should know that stops nothing.
  case note(String)
  /// Something is wrong that the session works around.
  case warning(String)
  /// A command could not be followed; the session goes on. A question that fails has `answerFailed` instead.
  case failure(code: String, message: String)
  /// The stream has come to its end; questions can still be asked.
  case streamEnded(time: Double)
}

/// What is running: shown once at the start.
public struct SessionDescription: Sendable, Equatable {
  /// The model's own name, or its file's.
  public var modelName: String
  /// True when the model is the small one that comes with the program.
  public var isEmbeddedModel: Bool
  /// The source as the user wrote it; nil without a stream.
  public var source: String?
  /// Length of the stream in seconds; nil when it has none (live), nobody knows it, or there is no stream.
  public var duration: Double?
  /// True for a stream that goes on for as long as somebody sends.
  public var isLive: Bool
  /// Worker threads used by the model.
  public var threads: Int

  /// Memberwise; `duration` nil for a stream without a known end.
  public init(
    modelName: String, isEmbeddedModel: Bool, source: String?, duration: Double?, isLive: Bool = false, threads: Int
  ) {
    self.modelName = modelName
    self.isEmbeddedModel = isEmbeddedModel
    self.source = source
    self.duration = duration
    self.isLive = isLive
    self.threads = threads
  }
}

/// How an answer ended and what it cost.
public struct AnswerSummary: Sendable, Equatable {
  /// Why the answer stopped.
  public enum Stop: String, Sendable {
    /// The model ended it.
    case end
    /// The limit on tokens was reached.
    case length
    /// The user stopped it.
    case cancelled
    /// The key-value budget has no room for another token.
    case budget
  }

  /// The whole answer.
  public var text: String
  /// Why it stopped.
  public var stop: Stop
  /// Tokens of the prompt that had to be read for this answer.
  public var promptTokens: Int
  /// Tokens of the answer.
  public var answerTokens: Int
  /// Seconds from the question to the first token.
  public var firstTokenSeconds: Double
  /// Seconds from the question to the last token.
  public var seconds: Double

  /// Memberwise; checks nothing.
  public init(
    text: String, stop: Stop, promptTokens: Int, answerTokens: Int, firstTokenSeconds: Double, seconds: Double
  ) {
    self.text = text
    self.stop = stop
    self.promptTokens = promptTokens
    self.answerTokens = answerTokens
    self.firstTokenSeconds = firstTokenSeconds
    self.seconds = seconds
  }
}

/// The figures of the moment.
public struct SessionStatistics: Sendable, Equatable {
  /// Stream time that the model has taken in, in seconds.
  public var streamTime: Double = 0
  /// Sampled frames given to the model.
  public var framesSeen = 0
  /// Sampled frames that came too fast and were dropped.
  public var framesDropped = 0
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
