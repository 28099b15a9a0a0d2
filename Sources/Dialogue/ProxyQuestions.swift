// SPDX-License-Identifier: Apache-2.0

import BoundedCache

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
    guard options.compression.choice.usesProxyQueries else { return }
    let sizes = model.language.configuration
    var queries = ProxyQueries(shape: sizes.cacheShape, rotation: sizes.textRoPE)
    var branches: [[Int]] = []
    for question in options.proxyQuestions {
      let tokens = model.template.visionEnd + prompts.question(question, after: model.template.visionEndText)
      if tokens.count <= model.language.maximumBlock, try hasCapacity(for: tokens.count) { branches.append(tokens) }
    }
    try record(branches, into: &queries)
    queries.reduce(to: Self.proxyQueriesPerHead)
    cache.proxyQueries = queries
  }

  /// Reads branches behind the cached tokens, and records their queries.
  func record(_ branches: [[Int]], into queries: inout ProxyQueries) throws {
    let recorded = try model.language.readRecordingQueries(
      branches: branches, from: layout.textPositions.textPosition, into: cache.ticket(for: .text))
    for (tokens, layers) in zip(branches, recorded) {
      for (layer, rows) in layers.enumerated() { queries.add(rows, tokens: tokens.count, layer: layer) }
    }
  }
}
