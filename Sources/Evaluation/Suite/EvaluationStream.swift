// SPDX-License-Identifier: Apache-2.0

import Inference

/// A stream with the questions to ask about it.
public struct EvaluationStream: Sendable {
  /// Its number in the suite, from 0.
  public let number: Int
  /// What sets it apart, for the breakdown of results.
  public let kind: String
  /// In the order of time.
  public let moments: [EvaluationMoment]
  /// When it ends, in seconds: shares of what the full cache holds are shares of what it holds then.
  public let end: Double
  /// Whether the questions make up one conversation. Otherwise each is asked as if it were the only one.
  public let isConversation: Bool

  public var questionCount: Int { moments.reduce(0) { $0 + $1.questions.count } }
}

/// Questions at one moment of a stream.
public struct EvaluationMoment: Sendable {
  /// Stream time in seconds: everything seen before it counts. Infinite at the end of the stream.
  public let time: Double
  public let questions: [EvaluationQuestion]
}

/// A question with the answer that is right.
public struct EvaluationQuestion: Sendable, Equatable {
  /// Its number in the stream, from 0.
  public let number: Int
  public let kind: String
  /// Where in the stream the answer lies; nil where nobody knows.
  public let place: AnswerPlace?
  public let ask: String
  public let answer: String
}

/// A set of streams that can be shown to a model, always the same.
public protocol EvaluationSuite: Sendable {
  /// What it is, in a few words, for a person.
  var title: String { get }
  /// What it was made from, by name: two suites with the same are the same.
  var identity: [(name: String, value: String)] { get }
  var streams: [EvaluationStream] { get }

  /// Gives a stream's pictures to an encoder, from the first to the last.
  ///
  /// - Parameter runner: on whose thread the model works.
  func show(
    _ stream: EvaluationStream, to encoded: inout EncodedStream, model: LoadedModel, on runner: isolated any Actor
  ) async throws
}
