// SPDX-License-Identifier: Apache-2.0

import Inference
import Platform

/// A stream and the questions about it.
public struct EvaluationStream: Sendable {
  /// Its number in the suite, from 0.
  public let number: Int
  /// The group of the stream in the breakdown of results: a kind of drawn stream, or the name of a clip.
  public let kind: String
  /// When questions are asked, in the order of time.
  public let moments: [EvaluationMoment]
  /// The end of the stream, in seconds. Budgets that are ratios are ratios of the full cache at this time.
  public let end: Double
  /// Whether the questions are one conversation. Otherwise each is asked as if it were the only one.
  public let isConversation: Bool

  /// Questions at all moments.
  public var questionCount: Int { moments.reduce(0) { $0 + $1.questions.count } }
}

/// Questions at one moment of a stream.
public struct EvaluationMoment: Sendable {
  /// Time in the stream, in seconds; the frames before it have been seen. Infinite for the end of the stream.
  public let time: Double
  /// In the order in which they are asked.
  public let questions: [EvaluationQuestion]
}

/// A question and its right answer.
public struct EvaluationQuestion: Sendable, Equatable {
  /// Number of the question in the stream, from 0.
  public let number: Int
  /// The group of the question in the breakdown of results.
  public let kind: String
  /// Part of the stream that holds the answer; nil if that is not known.
  public let position: AnswerPosition?
  /// The question as it is asked.
  public let ask: String
  /// The right answer.
  public let answer: String

  /// `position` nil: unknown where in the stream the answer lies.
  package init(number: Int, kind: String, position: AnswerPosition?, ask: String, answer: String) {
    self.number = number
    self.kind = kind
    self.position = position
    self.ask = ask
    self.answer = answer
  }
}

/// The part of a stream, up to the question, that holds the answer. The raw values are used in results.
public enum AnswerPosition: String, Sendable, CaseIterable, Codable {
  /// The first third.
  case early
  /// The second third.
  case middle
  /// The last third.
  case late
  /// The answer depends on the whole stream.
  case whole
}

/// A set of streams and questions that is the same in every run.
public protocol EvaluationSuite: Sendable {
  /// A short description for people.
  var title: String { get }
  /// The parameters of the suite, by name. Suites with the same parameters are the same.
  var identity: [(name: String, value: String)] { get }
  /// The streams, in the order in which they are evaluated.
  var streams: [EvaluationStream] { get }

  /// Gives the frames that come before each stream to an encoder, the same for all streams.
  ///
  /// - Parameters: as of `show`.
  /// - Throws: as `show`.
  func showWarmup(to encoded: inout EncodedTemporalPatches, model: LoadedModel, stop: StopSource) throws

  /// Gives the frames of a stream to an encoder, from the first to the last.
  ///
  /// - Parameters:
  ///   - encoded: makes temporal patches of them.
  ///   - model: the model whose preferences set the frames' size and rate.
  ///   - stop: ends it before the last frame.
  ///   - runner: the actor on whose thread the model runs.
  /// - Throws: what keeps a frame from being made, or `ReportedError` where one cannot be encoded.
  func show(
    _ stream: EvaluationStream, to encoded: inout EncodedTemporalPatches, model: LoadedModel, stop: StopSource,
    on runner: isolated any Actor
  ) async throws
}

extension EvaluationSuite {
  /// No frames come before the streams.
  public func showWarmup(to encoded: inout EncodedTemporalPatches, model: LoadedModel, stop: StopSource) throws {}
}
