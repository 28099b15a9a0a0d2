// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Compute
import Dialogue

/// A configuration of the KV cache, as a user specifies it: a policy and its changes, joined by `+`.
public struct CacheConfiguration: Sendable, Equatable {
  /// The specification as it was written.
  public let name: String
  /// Which tokens are retained.
  public private(set) var policy: RetentionPolicy
  /// How InfiniPot-V is changed.
  public private(set) var variants: Set<CompressionVariant> = []
  /// Number format of keys and values.
  public private(set) var type = KeyValueType.f16
  /// Whether the budgets of heads are those of the head budget profile.
  public private(set) var usesProfile = false
  /// Whether evicted tokens are offloaded to a file and retrieved from it.
  public private(set) var offloads = false

  private static let profileWord = "profile"
  private static let offloadWord = "offload"

  /// Reads a specification such as `infinipot-v+tar-proxy+q8_0+offload`.
  ///
  /// - Throws: `EvaluationError.unknownConfiguration` with the known words, or `unsuitableVariant`.
  public init(_ specification: String) throws(EvaluationError) {
    let words = specification.split(separator: "+", omittingEmptySubsequences: false).map(String.init)
    guard let first = words.first, let policy = RetentionPolicy(rawValue: first) else {
      throw .unknownConfiguration(
        specification, word: words.first ?? "", known: RetentionPolicy.allCases.map(\.rawValue))
    }
    name = specification
    self.policy = policy
    for word in words.dropFirst() {
      if let variant = CompressionVariant(rawValue: word) {
        variants.insert(variant)
      } else if let type = KeyValueType(rawValue: word) {
        self.type = type
      } else if word == Self.profileWord {
        usesProfile = true
      } else if word == Self.offloadWord {
        offloads = true
      } else {
        throw .unknownConfiguration(
          specification, word: word,
          known: CompressionVariant.allCases.map(\.rawValue) + KeyValueType.allCases.map(\.rawValue)
            + [Self.profileWord, Self.offloadWord])
      }
    }
    if !variants.isEmpty && policy != .infinipotV {
      throw .unsuitableVariant(specification, policy: policy.rawValue)
    }
  }

  /// The options of a dialogue with this configuration.
  ///
  /// - Parameter budget: nil keeps the budget of `options`.
  func applied(to options: DialogueOptions, budget: CacheBudget?) -> DialogueOptions {
    var options = options
    options.policy = policy
    options.type = type
    if !usesProfile { options.headBudgetProfile = nil }
    if !offloads { options.offload = nil }
    options.compression = .published(with: variants)
    if let budget { options.budget = budget }
    return options
  }

  /// Whether the policy keeps to a budget.
  public var isBounded: Bool { policy != .full }
}
