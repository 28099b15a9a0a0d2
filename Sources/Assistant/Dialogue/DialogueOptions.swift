import BoundedCache
import Compute

/// How a dialogue about a stream is held.
public struct DialogueOptions: Sendable, Equatable {
  /// How much may be held in the key-value cache.
  public enum Budget: Sendable, Equatable {
    case tokens(Int)
    case bytes(Int)
  }

  public var budget: Budget
  public var policy: RetentionPolicy
  /// How keys and values are stored.
  public var type: KeyValueType
  /// How InfiniPot-V chooses, where that is the policy.
  public var compression: InfiniPotVParameters
  /// Which heads hold more and which less; nil for all the same.
  public var headProfile: HeadProfile?
  /// nil gives up for good what passes give up.
  public var recall: RecallOptions?
  /// What passes foresee, where `compression` chooses by questions of the usual kinds.
  public var foreseenQuestions: [String]
  /// nil takes the model's own.
  public var systemPrompt: String?
  public var sampling: SamplingParameters
  /// The longest answer, in tokens.
  public var maximumAnswerTokens: Int
  /// The share of the budget that earlier turns may take beside a new question.
  public var dialogueShare: Double
  /// How many tokens of the newest turns are read again for a question after new frames: as many as a temporal patch
  /// has by default, so that a question never waits longer for them than for a patch. Older ones are not: what the
  /// model made of them when it read them is kept.
  public var rereadTokens: Int
  /// Temporal patches on the rotary timeline beyond which a pass closes its gaps, so that positions stay within what
  /// models were trained on however long the stream.
  public var timelineLimit: Int

  /// 32 temporal patches of 128 tokens, the capacity of the InfiniPot-V paper's smaller operating points.
  public static let defaultBudget = Budget.tokens(4096)

  public init(
    budget: Budget = defaultBudget, policy: RetentionPolicy = .infinipotV, type: KeyValueType = .f16,
    compression: InfiniPotVParameters = .published, headProfile: HeadProfile? = nil, recall: RecallOptions? = nil,
    foreseenQuestions: [String] = usualQuestions, systemPrompt: String? = nil,
    sampling: SamplingParameters = SamplingParameters(), maximumAnswerTokens: Int = 512, dialogueShare: Double = 0.25,
    rereadTokens: Int = 128, timelineLimit: Int = 128
  ) {
    self.budget = budget
    self.policy = policy
    self.type = type
    self.compression = compression
    self.headProfile = headProfile
    self.recall = recall
    self.foreseenQuestions = foreseenQuestions
    self.systemPrompt = systemPrompt
    self.sampling = sampling
    self.maximumAnswerTokens = maximumAnswerTokens
    self.dialogueShare = dialogueShare
    self.rereadTokens = rereadTokens
    self.timelineLimit = timelineLimit
  }
}
