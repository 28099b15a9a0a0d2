// SPDX-License-Identifier: Apache-2.0

import Compute

/// Options of a KV cache, beside the shape of its model.
public struct KVCacheOptions {
  /// The most tokens that may be cached at any moment; under `full`, the budget that a later `setPolicy` returns to.
  public var budget: Int
  /// Which tokens a compression retains.
  public var policy: RetentionPolicy
  /// Parameters of InfiniPot-V.
  public var parameters: InfiniPotVParameters
  /// RoPE of a temporal position; without it, neither `compactPositions` nor the comparison of keys without their
  /// rotation changes anything.
  public var rotation: RoPEFrequencies
  /// How keys and values are stored.
  public var type: KeyValueType
  /// Budgets of the single heads; nil for equal ones.
  public var heads: HeadBudgets?
  /// The most tokens that may be cached under `full`.
  public var limit: Int
  /// A file for evicted tokens, laid out for this shape and rotation and pages of `KeyValueCache.pageTokens`; nil drops
  /// them.
  public var offload: OffloadFile?

  /// Memberwise; checks nothing.
  public init(
    budget: Int, policy: RetentionPolicy, parameters: InfiniPotVParameters = .published,
    rotation: RoPEFrequencies = RoPEFrequencies(frequencies: []), type: KeyValueType = .f16, heads: HeadBudgets? = nil,
    limit: Int = .max, offload: OffloadFile? = nil
  ) {
    self.budget = budget
    self.policy = policy
    self.parameters = parameters
    self.rotation = rotation
    self.type = type
    self.heads = heads
    self.limit = limit
    self.offload = offload
  }
}
