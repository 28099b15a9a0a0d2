import Assistant
import BoundedCache
import Compute

/// A way of holding a stream, as a user names it: a policy, and what departs from its defaults, joined by `+`.
public struct MemoryConfiguration: Sendable, Equatable {
  /// As it was written.
  public let name: String
  public private(set) var policy: RetentionPolicy
  public private(set) var variants: Set<CompressionVariant> = []
  /// How keys and values are stored.
  public private(set) var type = KeyValueType.f16
  /// Whether heads hold what the head profile says.
  public private(set) var usesProfile = false
  /// Whether what passes give up comes back from a file.
  public private(set) var recalls = false

  private static let bestWord = "best"
  private static let profileWord = "profile"
  private static let recallWord = "recall"

  /// Reads a specification such as `infinipot-v+true-places+before-time`.
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
      } else if word == Self.bestWord {
        variants.formUnion(CompressionVariant.best)
      } else if word == Self.profileWord {
        usesProfile = true
      } else if word == Self.recallWord {
        recalls = true
      } else {
        throw .unknownConfiguration(
          specification, word: word,
          known: CompressionVariant.allCases.map(\.rawValue) + KeyValueType.allCases.map(\.rawValue)
            + [Self.bestWord, Self.profileWord, Self.recallWord])
      }
    }
    if !variants.isEmpty && policy != .infinipotV {
      throw .unsuitableVariant(specification, policy: policy.rawValue)
    }
  }

  /// The options of a dialogue that is held so.
  func applied(to options: DialogueOptions, budget: DialogueOptions.Budget?) -> DialogueOptions {
    var options = options
    options.policy = policy
    options.type = type
    if !usesProfile { options.headProfile = nil }
    if !recalls { options.recall = nil }
    options.compression = .published(with: variants)
    if let budget { options.budget = budget }
    return options
  }

  public var isBounded: Bool { policy != .full }
}
