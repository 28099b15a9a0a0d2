import BoundedCache
import Models

extension LoadedModel {
  /// How keys turn with what advances from frame to frame.
  var streamRotation: TimeRotation {
    StreamLayout.rotation(of: language.configuration, family: vision?.configuration.family ?? .qwen2VL)
  }

  /// Opens a recall file for this model; what it held before is gone.
  func openRecallFile(_ options: RecallOptions) throws(RecallError) -> RecallFile {
    try RecallFile(
      path: options.path, byteCount: options.byteCount, shape: language.configuration.cacheShape,
      pageTokens: KeyValueCache.pageTokens, rotation: streamRotation, tag: fingerprint.digest)
  }

  /// Checks before anything else is done that a head profile was made for this model and that a recall file can be used.
  ///
  /// - Throws: `AssistantError.profileUnusable` or `recallUnusable`.
  public func check(_ options: DialogueOptions) throws(AssistantError) {
    do {
      try options.headProfile?.check(fingerprint)
      if let recall = options.recall { _ = try openRecallFile(recall) }
    } catch {
      throw AssistantError(error)
    }
  }
}

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
    try options.headProfile?.check(model.fingerprint)
    let heads = try options.headProfile.map { profile throws(HeadProfileError) in
      try HeadBudgets(
        profile: profile, shape: shape, groupSize: Self.groupSize(of: shape), floor: Self.floor(budget: budget))
    }
    let recall = try options.recall.map { recall throws(RecallError) in try model.openRecallFile(recall) }
    try self.init(
      shape: shape, budget: budget, policy: options.policy, parameters: options.compression,
      rotation: model.streamRotation, type: options.type, heads: heads, recall: recall)
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
