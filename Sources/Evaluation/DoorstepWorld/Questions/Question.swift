// SPDX-License-Identifier: Apache-2.0

/// A question about a story and its one right answer.
package struct Question: Sendable, Equatable {
  /// Kind of the question, by its subject.
  package var kind: QuestionKind
  /// The question in one of its wordings.
  package var ask: String
  /// The right answer.
  package var answer: String
  /// The part of the stream that holds the answer.
  package var position: AnswerPosition
}
