// SPDX-License-Identifier: Apache-2.0

/// Takes a model's thoughts out of its answer, piece by piece as the text comes.
///
/// Thoughts stand at the beginning of an answer, between `<think>` and `</think>`; anywhere else these are words like
/// any others. Text that is certain to belong to the answer is returned at once.
public struct ThinkingFilter: Sendable {
  /// Whether the text so far ends within thoughts.
  public var isThinking: Bool { state == .thinking }

  private enum State {
    /// Nothing but white space, or part of `<think>`, has come.
    case beginning
    case thinking
    /// The thoughts are over, and only line breaks have come since.
    case thoughtsOver
    case answering
  }

  private var state: State
  /// Text that is not yet decided to be thoughts or answer.
  private var pending = ""

  private static let start = "<think>"
  private static let end = "</think>"

  /// - Parameter startsThinking: whether the prompt has opened the thoughts already
  ///   (`ChatTemplate.answersBeginThinking`).
  public init(startsThinking: Bool = false) { state = startsThinking ? .thinking : .beginning }

  /// The next piece of text.
  ///
  /// - Returns: the part of it, and of the text not decided before, that belongs to the answer.
  public mutating func append(_ text: String) -> String {
    pending += text
    if state == .beginning { begin() }
    if state == .thinking { think() }
    if state == .thoughtsOver {
      pending = String(pending.unicodeScalars.drop { $0 == "\n" || $0 == "\r" })
      if !pending.isEmpty { state = .answering }
    }
    guard state == .answering else { return "" }
    defer { pending = "" }
    return pending
  }

  /// The undecided text at the end: a beginning that never became `<think>`. Thoughts without an end stay thoughts.
  public mutating func finish() -> String {
    defer { pending = "" }
    return state == .beginning ? pending : ""
  }

  private mutating func begin() {
    let text = pending.unicodeScalars.drop { $0.properties.isWhitespace }
    if text.starts(with: Self.start.unicodeScalars) {
      pending = String(text.dropFirst(Self.start.unicodeScalars.count))
      state = .thinking
    } else if !Self.start.unicodeScalars.starts(with: text) {
      state = .answering
    }
  }

  private mutating func think() {
    if let range = pending.unicodeScalars.firstRange(of: Self.end.unicodeScalars) {
      pending = String(pending.unicodeScalars[range.upperBound...])
      state = .thoughtsOver
    } else {
      // The rest may be the beginning of the end.
      pending = String(pending.unicodeScalars.suffix(Self.end.unicodeScalars.count - 1))
    }
  }
}
