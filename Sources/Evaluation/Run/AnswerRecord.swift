// SPDX-License-Identifier: Apache-2.0

/// The answer to one question under one configuration and budget: a line of the results.
public struct AnswerRecord: Sendable, Codable, Equatable {
  /// The configuration's specification, such as `infinipot-v+proxy-queries`.
  public var configuration: String
  /// The budget's name, such as `1/8`; nil for an unbounded configuration.
  public var budget: String?
  /// Number of the stream in the suite, from 0.
  public var stream: Int
  /// The group of the stream in breakdowns: a kind of drawn stream, or the name of a clip.
  public var streamKind: String
  /// Number of the question in the stream, from 0.
  public var question: Int
  /// The group of the question in breakdowns.
  public var questionKind: String
  /// Part of the stream that holds the answer; nil if that is not known.
  public var position: AnswerPosition?
  /// The question as it is asked.
  public var ask: String
  /// The right answer.
  public var expected: String
  /// nil if the question could not be answered; then there is an `error`.
  public var answer: String? {
    didSet { isCorrect = answer.map { Self.normalized($0) == Self.normalized(expected) } ?? false }
  }
  /// Whether the answer is the expected one, word for word. Spaces do not count.
  public private(set) var isCorrect = false
  /// Why there is no answer; nil if there is one.
  public var error: String?
  /// Tokens in the KV cache when the answer was complete.
  public var cachedTokens = 0
  /// Most tokens in the KV cache so far.
  public var peakTokens = 0
  /// Bytes of keys and values when the answer was complete.
  public var cacheBytes = 0
  /// Compressions of the KV cache so far.
  public var compressions = 0
  /// Time of all compressions so far, in seconds.
  public var compressionSeconds = 0.0
  /// Time of prefilling the stream so far, in seconds: with compressions, without the vision tower.
  public var prefillSeconds = 0.0
  /// Mean time of prefilling one of the last temporal patches before the question, in seconds.
  public var secondsPerTemporalPatch = 0.0
  /// Time from the question to the first token of the answer, in seconds.
  public var firstTokenSeconds = 0.0
  /// Time from the question to the end of the answer, in seconds.
  public var answerSeconds = 0.0
  /// Resident memory of the process after the answer, in bytes.
  public var residentBytes = 0

  /// A record without an answer yet; what the answer sets starts empty.
  package init(
    configuration: String, budget: String?, stream: Int, streamKind: String, question: EvaluationQuestion
  ) {
    self.configuration = configuration
    self.budget = budget
    self.stream = stream
    self.streamKind = streamKind
    self.question = question.number
    questionKind = question.kind
    position = question.position
    ask = question.ask
    expected = question.answer
  }

  /// An answer for comparison with others: spaces do not count.
  static func normalized(_ text: String) -> String { text.split(separator: " ").joined(separator: " ") }

  var key: Key { Key(configuration: configuration, budget: budget, stream: stream, question: question) }

  /// The question and the configuration of a record. There is one record for each.
  struct Key: Hashable {
    var configuration: String
    var budget: String?
    var stream: Int
    var question: Int
  }
}
