// SPDX-License-Identifier: Apache-2.0

import Records
import SessionInterface

/// A model that takes the four roles: one base, and for each role an adapter or a prompt alone.
public protocol RoleModel: AnyObject {
  /// The model's name, for people.
  var name: String { get }
  /// Roles that have an adapter of their own.
  var adaptedRoles: [CodeRole] { get }
  /// How the model wants to be asked.
  var promptStyle: PromptStyle { get }

  /// Begins to continue a prompt in a role.
  ///
  /// - Throws: `ReportedError` if the model cannot compute the reply.
  func begin(
    replyTo prompt: String, as role: CodeRole, sampling: RoleSampling
  ) throws(ReportedError) -> any RoleReplyGeneration
}

/// A reply while it is generated. The work is pulled, piece by piece:
///
///     var generation = try model.begin(replyTo: prompt, as: .coder, sampling: sampling)
///     while let piece = try generation.next(isCancelled: stop.isStopped) { show(piece) }
///     let reply = generation.reply
public protocol RoleReplyGeneration {
  /// The reply so far; complete once `next` has returned nil.
  var reply: RoleReply { get }

  /// Reads a block of the prompt, or generates a token.
  ///
  /// - Parameter isCancelled: ends the reply as it is.
  /// - Returns: the characters that became complete, often none; nil once the reply is over.
  /// - Throws: `ReportedError` if the model cannot compute the reply.
  /// - Precondition: the model has begun no other reply since.
  mutating func next(isCancelled: Bool) throws(ReportedError) -> String?
}

/// How the tokens of a reply are sampled, and how many there may be.
public struct RoleSampling: Sendable, Equatable {
  /// Most tokens of the reply.
  public var maximumTokens: Int
  /// 0 takes the likeliest token.
  public var temperature: Double
  /// Seed of the sampler.
  public var seed: UInt64

  /// Makes the options of a reply.
  public init(maximumTokens: Int, temperature: Double = 0, seed: UInt64 = 0) {
    self.maximumTokens = maximumTokens
    self.temperature = temperature
    self.seed = seed
  }
}

/// Reply of a role.
public struct RoleReply: Sendable, Equatable {
  /// The reply.
  public var text: String
  /// Tokens of the prompt that were prefilled. Those that are cached from an earlier prompt of the role do not count.
  public var promptTokens: Int
  /// Tokens of the reply.
  public var answerTokens: Int
  /// True when the reply ended because there was no room for more, not because the model was done.
  public var isCut: Bool

  /// Makes a reply.
  public init(text: String, promptTokens: Int, answerTokens: Int, isCut: Bool = false) {
    self.text = text
    self.promptTokens = promptTokens
    self.answerTokens = answerTokens
    self.isCut = isCut
  }
}
