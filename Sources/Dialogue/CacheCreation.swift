// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Inference
import Records

extension DialogueOptions {
  /// Heads that share a page table, at most.
  private static let headsPerGroup = 4
  /// System prompt, question and answer take some of the tokens of each head. With fewer, nothing would be left for
  /// what was seen.
  private static let leastTokensPerHead = 128

  /// Checks, before anything else is done, that the head budget profile was made for this model and that the offload
  /// file can be used.
  ///
  /// - Throws: `ReportedError.profileUnusable` or `offloadUnusable`.
  public func check(for model: LoadedModel) throws(ReportedError) {
    do {
      try headBudgetProfile?.check(model.fingerprint)
      if let offload { _ = try offloadFile(offload, for: model) }
    } catch {
      throw ReportedError(error)
    }
  }

  /// An empty cache for a dialogue with this model.
  ///
  /// - Throws: `ReportedError.insufficientMemory` for a budget that does not fit, `CacheError`,
  ///   `HeadBudgetProfileError` for a profile of another model, `OffloadError` for a file that cannot be used.
  func makeCache(for model: LoadedModel) throws -> KeyValueCache {
    let shape = model.language.configuration.cacheShape
    let bound = budget ?? model.preferences.budget
    let tokens = bound.tokens(shape: shape, type: type)
    // Under `full` memory is taken as the stream goes on, up to what the machine has.
    if policy != .full { try model.check(budget: bound, type: type) }
    try headBudgetProfile?.check(model.fingerprint)
    let heads = try headBudgetProfile.map { profile throws(HeadBudgetProfileError) in
      try HeadBudgets(
        profile: profile, shape: shape, groupSize: Self.headsPerGroup(of: shape), floor: Self.floor(budget: tokens))
    }
    let options = KVCacheOptions(
      budget: tokens, policy: policy, parameters: compression, rotation: model.streamRotation, type: type, heads: heads,
      limit: model.tokenLimit(type: type) ?? .max,
      offload: try offload.map { offload throws(OffloadError) in try offloadFile(offload, for: model) })
    return try KeyValueCache(shape: shape, options: options)
  }

  /// Creates the offload file, in place of one that is there.
  private func offloadFile(_ offload: OffloadOptions, for model: LoadedModel) throws(OffloadError) -> OffloadFile {
    try OffloadFile(
      path: offload.path, byteCount: offload.byteCount, shape: model.language.configuration.cacheShape,
      pageTokens: KeyValueCache.pageTokens, rotation: model.streamRotation, tag: model.fingerprint.digest)
  }

  /// The least share of an equal budget that a head gets.
  private static func floor(budget: Int) -> Double {
    min(1, max(0.25, Double(leastTokensPerHead) / Double(max(budget, 1))))
  }

  /// Fewer than `headsPerGroup` where there would be less than four groups.
  private static func headsPerGroup(of shape: CacheShape) -> Int {
    min(headsPerGroup, max(1, shape.layers * shape.keyValueHeads / 4))
  }
}

extension LoadedModel {
  /// How keys rotate with what advances from one temporal patch to the next.
  fileprivate var streamRotation: RoPEFrequencies {
    StreamLayout.rotation(of: language.configuration, family: vision?.configuration.family ?? .qwen2VL)
  }
}
