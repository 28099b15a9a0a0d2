// SPDX-License-Identifier: Apache-2.0

/// The parameters of drawn streams and their questions.
public struct DoorstepOptions: Sendable, Equatable {
  /// Seed of all random choices.
  public var seed: UInt64
  /// Questions in all. They decide how many streams are drawn.
  public var questions: Int
  /// Length of a stream, in seconds.
  public var seconds: Double
  /// Things that come in a stream.
  public var visits: ClosedRange<Int>
  /// Kinds of streams, one after the other.
  public var kinds: [StreamKind]
  /// Seconds without events before a story begins: with 86,400 its events come after a day.
  public var warmupSeconds: Double
  /// Questions at the end of a stream that is not a dialogue.
  public var questionsPerStream: Int
  /// What disturbs the streams, one after the other; empty for nothing.
  public var disturbances: [Disturbance] = []

  /// 300 questions about streams of 90 s, of every kind, drawn from seed 1, unless said otherwise.
  public init(
    seed: UInt64 = 1, questions: Int = 300, seconds: Double = 90, visits: ClosedRange<Int> = 2...4,
    kinds: [StreamKind] = StreamKind.allCases, questionsPerStream: Int = 10, warmupSeconds: Double = 0
  ) {
    self.seed = seed
    self.questions = questions
    self.seconds = seconds
    self.visits = visits
    self.kinds = kinds
    self.questionsPerStream = questionsPerStream
    self.warmupSeconds = warmupSeconds
  }

  /// The parameters, by name.
  var identity: [(name: String, value: String)] {
    [
      ("suite", "doorstep"), ("seed", "\(seed)"), ("seconds", "\(seconds)"),
      ("visits", "\(visits.lowerBound)-\(visits.upperBound)"),
      ("kinds", kinds.map(\.rawValue).joined(separator: ",")), ("questions_per_stream", "\(questionsPerStream)"),
      ("questions", "\(questions)"), ("warmup_seconds", "\(warmupSeconds)"),
    ] + (disturbances.isEmpty ? [] : [("disturbances", disturbances.map(\.rawValue).joined(separator: ","))])
  }
}
