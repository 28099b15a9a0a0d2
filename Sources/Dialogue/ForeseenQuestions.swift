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
  /// The most queries that a key-value head keeps of the questions proxy; a pass costs a product of each with each
  /// token held.
  static let proxyQueriesPerHead = 64

  /// Reads questions of the usual kinds before the first frame, lets the cache keep what they look for, and forgets
  /// them again.
  ///
  /// Done whatever the policy, which may change while the stream runs. A question for which a small budget has no room
  /// is left out; without any, passes choose as published.
  func recordProxyQueries() throws {
    guard options.compression.choice == .proxyQueries else { return }
    let sizes = model.language.configuration
    var proxy = ProxyQueries(shape: sizes.cacheShape, rotation: sizes.textRoPE)
    for question in options.proxyQuestions {
      let tokens = model.template.visionEnd + template.question(question)
      guard try hasCapacity(for: tokens.count) else { continue }
      try record(tokens, into: &proxy)
    }
    proxy.reduce(to: Self.proxyQueriesPerHead)
    cache.proxyQueries = proxy
  }

  /// How much of a question's attention would go to each vision token held, head by head, as if it were asked now.
  ///
  /// - Parameter body: receives each head with the largest share, as a logarithm, that any token of the question gives
  ///   each vision token.
  package func attention(
    to question: String, _ body: (_ head: HeadIndex, _ shares: [Float]) -> Void
  ) throws(ReportedError) {
    try readSystemPrompt()
    dropText()
    let sizes = model.language.configuration
    var queries = ProxyQueries(shape: sizes.cacheShape, rotation: sizes.textRoPE)
    do { try record(layout.closing + template.question(question), into: &queries) } catch {
      throw ReportedError(error)
    }
    for layer in 0..<sizes.layers {
      for head in 0..<sizes.keyValueHeads {
        let index = HeadIndex(layer: layer, head: head)
        body(index, cache.attention(of: queries, to: index))
      }
    }
  }

  /// Reads tokens behind what is held, takes down their queries, and drops them again.
  private func record(_ tokens: [Int], into queries: inout ProxyQueries) throws {
    let width = model.language.configuration.heads * model.language.configuration.headDimension
    var recorded = queries
    var timeline = layout.tail
    model.language.queryObserver = { layer, rows in recorded.add(rows, tokens: rows.count / width, layer: layer) }
    defer {
      model.language.queryObserver = nil
      cache.truncateText(to: 0)
    }
    try model.language.prefill(
      tokens: tokens, positions: timeline.text(tokens.count), cache: cache, segment: .text)
    queries = recorded
  }
}
