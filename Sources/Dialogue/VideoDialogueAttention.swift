// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Records

extension VideoDialogue {
  /// The queries of a question's tokens, as if it were asked now. `KeyValueCache.attention(of:to:)` says how much of
  /// their attention goes to the vision tokens of a head.
  ///
  /// - Throws: `ReportedError` where the question does not fit beside what is cached.
  package func queries(of question: String) throws(ReportedError) -> ProxyQueries {
    forgetAnswer()
    try readSystemPrompt()
    text.drop()
    let sizes = model.language.configuration
    var queries = ProxyQueries(shape: sizes.cacheShape, rotation: sizes.textRoPE)
    let end = layout.visionEnd
    let tokens = (end?.tokens ?? []) + prompts.question(question, after: end?.text)
    do { try record([tokens], into: &queries) } catch {
      throw ReportedError(error)
    }
    return queries
  }
}
