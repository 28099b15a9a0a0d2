import BoundedCache

extension DialogueOptions {
  /// Questions that people ask of any stream: what happened, in what order, how often, and what is there now.
  public static let usualQuestions = [
    "Describe what happened.", "What came first?", "What came last?", "How many things came?", "What is in view?",
  ]
}

extension VideoDialogue {
  /// The most queries that a key-value head keeps of the questions foreseen; a pass costs a product of each with each
  /// token held.
  static let foreseenQueriesPerHead = 64

  /// Reads questions of the usual kinds before the first frame, lets the cache keep what they look for, and forgets
  /// them again.
  ///
  /// A question for which a small budget has no room is left out; without any, passes choose as published.
  func foresee() throws {
    guard options.policy == .infinipotV, options.compression.choice == .foreseenQuestions else { return }
    let sizes = model.language.configuration
    var foreseen = ForeseenQueries(shape: sizes.cacheShape, rotation: sizes.positionRotation)
    defer { model.language.queryObserver = nil }
    for question in options.foreseenQuestions {
      let tokens = model.template.visionEnd + template.question(question)
      if let budget = cache.budget, cache.count + tokens.count > budget { continue }
      var timeline = layout.tail
      model.language.queryObserver = { foreseen.add($1, tokens: tokens.count, layer: $0) }
      try model.language.prefill(
        tokens: tokens, positions: timeline.text(tokens.count), cache: cache, segment: .tail)
      cache.truncateTail(to: 0)
    }
    foreseen.reduce(to: Self.foreseenQueriesPerHead)
    cache.foreseenQueries = foreseen
  }
}
