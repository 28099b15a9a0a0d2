// SPDX-License-Identifier: Apache-2.0

/// What drawn streams are like.
public struct DoorstepOptions: Sendable, Equatable {
  public var seed: UInt64
  /// How many questions in all; as many streams are made as they take.
  public var questions: Int
  /// Length of a stream.
  public var seconds: Double
  /// How many things come in a stream.
  public var visits: ClosedRange<Int>
  /// In turn.
  public var kinds: [StreamKind]
  /// Quiet seconds before a stream's story begins: with 86,400 of them its events come after a day.
  public var lead: Double
  /// Questions at the end of a stream that is no dialogue.
  public var questionsPerStream: Int

  public init(
    seed: UInt64 = 1, questions: Int = 300, seconds: Double = 90, visits: ClosedRange<Int> = 2...4,
    kinds: [StreamKind] = StreamKind.allCases, questionsPerStream: Int = 10, lead: Double = 0
  ) {
    self.seed = seed
    self.questions = questions
    self.seconds = seconds
    self.visits = visits
    self.kinds = kinds
    self.questionsPerStream = questionsPerStream
    self.lead = lead
  }

  var identity: [(name: String, value: String)] {
    [
      ("suite", "stream"), ("seed", "\(seed)"), ("seconds", "\(seconds)"),
      ("visits", "\(visits.lowerBound)-\(visits.upperBound)"),
      ("kinds", kinds.map(\.rawValue).joined(separator: ",")), ("per-stream", "\(questionsPerStream)"),
      ("questions", "\(questions)"), ("lead", "\(lead)"),
    ]
  }
}
