// SPDX-License-Identifier: Apache-2.0

import Records

/// One question answered by one configuration within one budget: a line of the results.
public struct AnswerRecord: Sendable, Codable, Equatable {
  public var configuration: String
  /// nil without a bound.
  public var budget: String?
  public var stream: Int
  public var streamKind: String
  public var question: Int
  public var kind: String
  public var place: AnswerPlace?
  public var ask: String
  public var expected: String
  /// nil when it could not be answered; then there is an `error`.
  public var answer: String?
  public var error: String?
  /// Tokens held when the answer was complete, and at most.
  public var held: Int
  public var peak: Int
  /// Bytes of keys and values held, likewise at the answer's end.
  public var bytes: Int
  /// Passes over the cache so far, and the time they took.
  public var passes: Int
  public var compressionMilliseconds: Double
  /// Reading the stream so far into the decoder, passes included, without the vision tower.
  public var prefillMilliseconds: Double
  public var answerMilliseconds: Double
  /// Mean time of reading one of the last frames before the question, and of the answer's first word.
  public var frameMilliseconds = 0.0
  public var firstWordMilliseconds = 0.0
  /// Memory of the whole process after the answer.
  public var residentBytes = 0

  package init(
    configuration: String, budget: String?, stream: Int, streamKind: String, question: Int, kind: String,
    place: AnswerPlace?, ask: String, expected: String, answer: String?, error: String?, held: Int, peak: Int,
    bytes: Int, passes: Int, compressionMilliseconds: Double, prefillMilliseconds: Double, answerMilliseconds: Double
  ) {
    self.configuration = configuration
    self.budget = budget
    self.stream = stream
    self.streamKind = streamKind
    self.question = question
    self.kind = kind
    self.place = place
    self.ask = ask
    self.expected = expected
    self.answer = answer
    self.error = error
    self.held = held
    self.peak = peak
    self.bytes = bytes
    self.passes = passes
    self.compressionMilliseconds = compressionMilliseconds
    self.prefillMilliseconds = prefillMilliseconds
    self.answerMilliseconds = answerMilliseconds
  }

  /// Whether the answer is the right one, word for word; spaces do not count.
  public var isCorrect: Bool { answer.map { Self.tidy($0) == Self.tidy(expected) } ?? false }

  private static func tidy(_ text: String) -> String { text.split(separator: " ").joined(separator: " ") }

  var key: Key { Key(configuration: configuration, budget: budget, stream: stream, question: question) }

  /// What an answer is the answer to.
  struct Key: Hashable {
    var configuration: String
    var budget: String?
    var stream: Int
    var question: Int
  }

  package var json: OrderedJSON {
    let text = { (value: String?) -> OrderedJSON in value.map { .string($0) } ?? .null }
    return .object([
      ("configuration", .string(configuration)), ("budget", text(budget)), ("stream", .integer(stream)),
      ("streamKind", .string(streamKind)), ("question", .integer(question)), ("kind", .string(kind)),
      ("place", text(place?.rawValue)), ("ask", .string(ask)), ("expected", .string(expected)),
      ("answer", text(answer)), ("error", text(error)), ("correct", .bool(isCorrect)), ("held", .integer(held)),
      ("peak", .integer(peak)), ("bytes", .integer(bytes)), ("passes", .integer(passes)),
      ("compressionMilliseconds", .number(compressionMilliseconds)),
      ("prefillMilliseconds", .number(prefillMilliseconds)),
      ("answerMilliseconds", .number(answerMilliseconds)), ("frameMilliseconds", .number(frameMilliseconds)),
      ("firstWordMilliseconds", .number(firstWordMilliseconds)), ("residentBytes", .integer(residentBytes)),
    ])
  }
}
