// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import ConstrainedDecoding
import Records

/// Options that a request sets for itself; nil leaves one to the options of the run.
public struct BatchOverrides: Sendable, Equatable, Decodable {
  /// Tokens that the KV cache may hold.
  public var kvBudget: Int?
  /// The command-line name of a retention policy.
  public var kvPolicy: String?
  /// Frames sampled from a second of video.
  public var framesPerSecond: Double?
  /// Tokens of one answer.
  public var maximumTokens: Int?
  /// 0 takes the likeliest token.
  public var temperature: Double?
  /// Seed of the sampler.
  public var seed: UInt64?
  /// The system prompt.
  public var systemPrompt: String?
  /// What each answer may be. It is read with the whole request, because a schema's properties have an order.
  public internal(set) var grammar: Grammar?

  /// Sets nothing.
  public init() {}

  /// Reads the members of a request that set something.
  ///
  /// - Throws: `DecodingError` naming the member.
  public init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    kvBudget = try members.wholeNumber(forKey: .kvBudget)
    kvPolicy = try members.decodeIfPresent(String.self, forKey: .kvPolicy)
    framesPerSecond = try members.number(forKey: .framesPerSecond)
    maximumTokens = try members.wholeNumber(forKey: .maximumTokens)
    temperature = try members.number(forKey: .temperature)
    seed = try members.wholeNumber(forKey: .seed)
    systemPrompt = try members.decodeIfPresent(String.self, forKey: .systemPrompt)
  }

  private enum CodingKeys: String, CodingKey {
    case kvBudget = "kv_budget"
    case kvPolicy = "kv_policy"
    case framesPerSecond = "fps"
    case maximumTokens = "max_tokens"
    case temperature, seed
    case systemPrompt = "system"
  }

  /// The options with the request's overrides.
  ///
  /// - Throws: `ReportedError.requestMalformed` naming the member that has no usable value.
  package func applied(to options: DialogueOptions) throws(ReportedError) -> DialogueOptions {
    var options = options
    if let kvBudget { options.budget = .tokens(kvBudget) }
    if let kvPolicy {
      guard let policy = RetentionPolicy(rawValue: kvPolicy) else {
        throw .requestMalformed(message: "“kv_policy”: no policy is called “\(kvPolicy)”")
      }
      options.policy = policy
    }
    if let framesPerSecond, !(framesPerSecond > 0 && framesPerSecond <= 1000) {
      throw .requestMalformed(message: "“fps” must be above 0 and at most 1000, not \(framesPerSecond)")
    }
    if let maximumTokens {
      guard maximumTokens > 0 else {
        throw .requestMalformed(message: "“max_tokens” must be above 0, not \(maximumTokens)")
      }
      options.maximumAnswerTokens = maximumTokens
    }
    if let temperature { options.sampling.temperature = temperature }
    if let seed { options.sampling.seed = seed }
    if let systemPrompt { options.systemPrompt = systemPrompt }
    if let grammar { options.grammar = grammar }
    if let fault = options.sampling.validationError { throw .requestMalformed(message: fault) }
    return options
  }
}
