// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Images

/// An event of a session, for its listener. Events come in the order in which they happened.
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
  /// The cached share of each temporal patch. Sent while `showRetention` is on: after each compression, and between
  /// compressions twice a second at most.
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

/// Model, stream and threads of a session: shown once at the start.
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
