// SPDX-License-Identifier: Apache-2.0

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
