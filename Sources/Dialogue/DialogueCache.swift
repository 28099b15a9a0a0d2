// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Inference
import Records

extension LoadedModel {
  /// How keys turn with what advances from frame to frame.
  var streamRotation: RoPEFrequencies {
    StreamLayout.rotation(of: language.configuration, family: vision?.configuration.family ?? .qwen2VL)
  }

  /// Opens a offload file for this model; what it held before is gone.
  func openOffloadFile(_ options: OffloadOptions) throws(OffloadError) -> OffloadFile {
    try OffloadFile(
      path: options.path, byteCount: options.byteCount, shape: language.configuration.cacheShape,
      pageTokens: KeyValueCache.pageTokens, rotation: streamRotation, tag: fingerprint.digest)
  }

  /// Checks before anything else is done that a head profile was made for this model and that a offload file can be used.
  ///
  /// - Throws: `ReportedError.profileUnusable` or `offloadUnusable`.
  public func check(_ options: DialogueOptions) throws(ReportedError) {
    do {
      try options.headProfile?.check(fingerprint)
      if let offload = options.offload { _ = try openOffloadFile(offload) }
    } catch {
      throw ReportedError(error)
    }
  }
}

extension KeyValueCache {
  /// Heads that share a page table, at most.
  private static let groupSize = 4

  /// The cache that a dialogue asks for.
  ///
  /// - Throws: `CacheError`, `HeadBudgetProfileError` for a profile of another model, `OffloadError` for a file that cannot be
  ///   used.
  convenience init(model: LoadedModel, options: DialogueOptions) throws {
    let configuration = model.language.configuration
    let shape = configuration.cacheShape
    let budget = options.budget.tokens(shape: shape, type: options.type)
    try options.headProfile?.check(model.fingerprint)
    let heads = try options.headProfile.map { profile throws(HeadBudgetProfileError) in
      try HeadBudgets(
        profile: profile, shape: shape, groupSize: Self.groupSize(of: shape), floor: Self.floor(budget: budget))
    }
    let offload = try options.offload.map { offload throws(OffloadError) in try model.openOffloadFile(offload) }
    try self.init(
      shape: shape, budget: budget, policy: options.policy, parameters: options.compression,
      rotation: model.streamRotation, type: options.type, heads: heads, offload: offload)
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
