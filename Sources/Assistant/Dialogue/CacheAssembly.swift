import BoundedCache
import Models

extension KeyValueCache {
  /// Heads that share a page table, at most.
  private static let groupSize = 4

  /// The cache that a dialogue asks for.
  ///
  /// - Throws: `CacheError`, `HeadProfileError` for a profile of another model, `RecallError` for a file that cannot be
  ///   used.
  convenience init(model: LoadedModel, options: DialogueOptions) throws {
    let configuration = model.language.configuration
    let shape = configuration.cacheShape
    let budget =
      switch options.budget {
      case .tokens(let count): count
      case .bytes(let count): KeyValueCache.tokens(forBytes: count, shape: shape, type: options.type)
      }
    let rotation = StreamLayout.rotation(of: configuration, family: model.vision?.configuration.family ?? .qwen2VL)
    try options.headProfile?.check(model.fingerprint)
    let heads = try options.headProfile.map { profile throws(HeadProfileError) in
      try HeadBudgets(
        profile: profile, shape: shape, groupSize: Self.groupSize(of: shape), floor: Self.floor(budget: budget))
    }
    let recall = try options.recall.map { recall throws(RecallError) in
      try RecallFile(
        path: recall.path, byteCount: recall.byteCount, shape: shape, pageTokens: KeyValueCache.pageTokens,
        rotation: rotation, tag: model.fingerprint.digest)
    }
    try self.init(
      shape: shape, budget: budget, policy: options.policy, parameters: options.compression, rotation: rotation,
      type: options.type, heads: heads, recall: recall)
  }

  /// No head holds less than a quarter of an equal share, and none so little that system prompt, question and answer
  /// would leave no room for what was seen.
  private static func floor(budget: Int) -> Double {
    min(1, max(0.25, Double(leastTokens) / Double(max(budget, 1))))
  }

  private static let leastTokens = 128

  /// Four heads to a group, and fewer where there would be less than four groups.
  private static func groupSize(of shape: CacheShape) -> Int {
    min(groupSize, max(1, shape.layers * shape.keyValueHeads / 4))
  }
}
