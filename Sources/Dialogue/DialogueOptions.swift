// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Compute
import ConstrainedDecoding
import Inference

/// How a dialogue about a stream is led, and what its cache may take.
public struct DialogueOptions: Sendable, Equatable {
  /// The most that the KV cache may take; nil for what the model prefers.
  public var budget: CacheBudget?
  /// Which vision tokens a compression retains.
  public var policy = RetentionPolicy.infinipotV
  /// How keys and values are stored.
  public var type = KeyValueType.f16
  /// How InfiniPot-V chooses, where that is the policy.
  public var compression = InfiniPotVParameters.published
  /// Shares of the budget, head by head; nil for equal ones.
  public var headBudgetProfile: HeadBudgetProfile?
  /// Where evicted tokens are written, to be retrieved later; nil drops them.
  public var offload: OffloadOptions?
  /// The questions whose queries choose what is retained, where `compression` chooses by proxy queries.
  public var proxyQuestions = Self.defaultProxyQuestions
  /// nil takes the model's own.
  public var systemPrompt: String?
  /// How an answer's tokens are chosen.
  public var sampling = SamplingParameters()
  /// What an answer may be; nil for any text.
  public var grammar: Grammar?
  /// The longest answer, in tokens.
  public var maximumAnswerTokens = 512
  /// The share of the budget that the text segment may take: earlier turns and a new question.
  public var dialogueShare = 0.25
  /// How many tokens of the newest turns are read again for a question after new frames: as many as a temporal patch
  /// has by default, so that a question never waits longer for them than for a patch. Older turns are not read again:
  /// what the model made of them when it read them stays.
  public var rereadTokens = 128
  /// Temporal patches on the RoPE timeline beyond which a compression closes the gaps of evicted ones, so that
  /// positions stay within what models were trained on however long the stream.
  public var timelineLimit = 128

  /// InfiniPot-V as published within the model's own budget, greedy answers, no offload.
  public init() {}
}
