// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Records

extension VideoDialogue {
  /// How much of a question's attention would go to each cached vision token, head by head, as if it were asked now.
  ///
  /// - Parameter body: receives for each head the largest share that any token of the question gives each vision token,
  ///   as a logarithm.
  /// - Throws: `ReportedError` where the question does not fit beside what is cached.
  package func attention(
    to question: String, _ body: (_ head: HeadIndex, _ shares: [Float]) -> Void
  ) throws(ReportedError) {
    forgetAnswer()
    try readSystemPrompt()
    text.drop()
    let sizes = model.language.configuration
    var queries = ProxyQueries(shape: sizes.cacheShape, rotation: sizes.textRoPE)
    do { try record([layout.visionEnd + prompts.question(question)], into: &queries) } catch {
      throw ReportedError(error)
    }
    for layer in 0..<sizes.cacheShape.layers {
      for head in 0..<sizes.keyValueHeads {
        let index = HeadIndex(layer: layer, head: head)
        body(index, cache.attention(of: queries, to: index))
      }
    }
  }
}
