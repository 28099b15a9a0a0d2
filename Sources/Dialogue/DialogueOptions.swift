// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Compute
import Inference

/// How a dialogue about a stream is held.
public struct DialogueOptions: Sendable, Equatable {
  /// The most that the KV cache may hold.
  public var budget: CacheBudget
  public var policy: RetentionPolicy
  /// How keys and values are stored.
  public var type: KeyValueType
  /// How InfiniPot-V chooses, where that is the policy.
  public var compression: InfiniPotVParameters
  /// Which heads hold more and which less; nil for all the same.
  public var headProfile: HeadBudgetProfile?
  /// nil gives up for good what passes give up.
  public var offload: OffloadOptions?
  /// What passes recordProxyQueries, where `compression` chooses by questions of the usual kinds.
  public var proxyQuestions: [String]
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
  /// Temporal patches on the rope timeline beyond which a pass closes its gaps, so that positions stay within what
  /// models were trained on however long the stream.
  public var timelineLimit: Int

  public init(
    budget: CacheBudget = .standard, policy: RetentionPolicy = .infinipotV, type: KeyValueType = .f16,
    compression: InfiniPotVParameters = .published, headProfile: HeadBudgetProfile? = nil,
    offload: OffloadOptions? = nil,
    proxyQuestions: [String] = defaultProxyQuestions, systemPrompt: String? = nil,
    sampling: SamplingParameters = SamplingParameters(), maximumAnswerTokens: Int = 512, dialogueShare: Double = 0.25,
    rereadTokens: Int = 128, timelineLimit: Int = 128
  ) {
    self.budget = budget
    self.policy = policy
    self.type = type
    self.compression = compression
    self.headProfile = headProfile
    self.offload = offload
    self.proxyQuestions = proxyQuestions
    self.systemPrompt = systemPrompt
    self.sampling = sampling
    self.maximumAnswerTokens = maximumAnswerTokens
    self.dialogueShare = dialogueShare
    self.rereadTokens = rereadTokens
    self.timelineLimit = timelineLimit
  }
}
