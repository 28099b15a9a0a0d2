// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Records

extension VideoDialogue {
  /// The queries of a question's tokens, as if it were asked now. `KeyValueCache.attention(of:to:)` says how much of
  /// their attention goes to the vision tokens of a head.
  ///
  /// - Throws: `ReportedError` where the question does not fit beside what is cached.
  package func queries(of question: String) throws(ReportedError) -> ProxyQueries {
    let tokens = try tokens(of: question)
    let sizes = model.language.configuration
    var queries = ProxyQueries(shape: sizes.cacheShape, rotation: sizes.textRoPE)
    do { try record([tokens], into: &queries) } catch {
      throw ReportedError(error)
    }
    return queries
  }

  /// The logits of the first token of the answer to each question, as if it were asked now and alone.
  ///
  /// - Returns: `[questions][vocabulary]`.
  /// - Throws: `ReportedError` where a question does not fit beside what is cached.
  package func logits(of questions: [String]) throws(ReportedError) -> [[Float]] {
    var branches: [[Int]] = []
    for question in questions { branches.append(try tokens(of: question)) }
    do throws(ModelError) {
      return try model.language.read(
        branches: branches, from: layout.textPositions.textPosition, into: cache.ticket(for: .text))
    } catch { throw ReportedError(error) }
  }

  /// The tokens of a question right behind the frames; the text segment is empty afterwards.
  private func tokens(of question: String) throws(ReportedError) -> [Int] {
    forgetAnswer()
    try readSystemPrompt()
    text.drop()
    let end = layout.visionEnd
    return (end?.tokens ?? []) + prompts.question(question, after: end?.text)
  }
}
