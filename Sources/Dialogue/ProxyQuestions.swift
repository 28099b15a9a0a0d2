// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Records

extension DialogueOptions {
  /// Questions that people ask of any stream: what happened, in what order, how often, and what is there now.
  public static let defaultProxyQuestions = [
    "Describe what happened.", "What came first?", "What came last?", "How many things came?", "What is in view?",
  ]
}

extension VideoDialogue {
  /// The most proxy queries of a key-value head. A compression multiplies each with each cached token.
  static let proxyQueriesPerHead = 64

  /// Records the queries of the proxy questions before the first frame, for the cache to keep what they attend to, and
  /// forgets the questions again.
  ///
  /// Done whatever the policy, which may change while the stream runs. A question for which a small budget has no room
  /// is left out. Without any, compression chooses as published.
  func recordProxyQueries() throws {
    guard options.compression.choice == .proxyQueries else { return }
    let sizes = model.language.configuration
    var queries = ProxyQueries(shape: sizes.cacheShape, rotation: sizes.textRoPE)
    var branches: [[Int]] = []
    for question in options.proxyQuestions {
      let tokens = model.template.visionEnd + prompts.question(question)
      if tokens.count <= model.language.maximumBlock, try hasCapacity(for: tokens.count) { branches.append(tokens) }
    }
    try record(branches, into: &queries)
    queries.reduce(to: Self.proxyQueriesPerHead)
    cache.proxyQueries = queries
  }

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

  /// Reads branches behind what is cached, and records their queries.
  private func record(_ branches: [[Int]], into queries: inout ProxyQueries) throws {
    let recorded = try model.language.readRecordingQueries(
      branches: branches, from: layout.textPositions.textPosition, into: cache.ticket(for: .text))
    for (tokens, layers) in zip(branches, recorded) {
      for (layer, rows) in layers.enumerated() { queries.add(rows, tokens: tokens.count, layer: layer) }
    }
  }
}
