// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Compute
import Dialogue

/// A way of holding a stream, as a user names it: a policy, and what departs from its defaults, joined by `+`.
public struct CacheConfiguration: Sendable, Equatable {
  /// As it was written.
  public let name: String
  public private(set) var policy: RetentionPolicy
  public private(set) var variants: Set<CompressionVariant> = []
  /// How keys and values are stored.
  public private(set) var type = KeyValueType.f16
  /// Whether heads hold what the head profile says.
  public private(set) var usesProfile = false
  /// Whether evicted tokens go to an offload file and are retrieved from it.
  public private(set) var offloads = false

  private static let profileWord = "profile"
  private static let offloadWord = "offload"

  /// Reads a specification such as `infinipot-v+patch-aligned+pre-rope`.
  ///
  /// - Throws: `EvaluationError.unknownConfiguration` with the words that there are.
  public init(_ specification: String) throws(EvaluationError) {
    let words = specification.split(separator: "+", omittingEmptySubsequences: false).map(String.init)
    guard let first = words.first, let policy = RetentionPolicy(rawValue: first) else {
      throw .unknownConfiguration(
        specification, word: words.first ?? "", known: RetentionPolicy.allCases.map(\.rawValue))
    }
    name = specification
    self.policy = policy
    for word in words.dropFirst() {
      // The place for whatever else may be chosen about the memory.
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

  /// The options of a dialogue that is held so.
  func applied(to options: DialogueOptions, budget: CacheBudget?) -> DialogueOptions {
    var options = options
    options.policy = policy
    options.type = type
    if !usesProfile { options.headProfile = nil }
    if !offloads { options.offload = nil }
    options.compression = .published(with: variants)
    if let budget { options.budget = budget }
    return options
  }

  public var isBounded: Bool { policy != .full }
}
