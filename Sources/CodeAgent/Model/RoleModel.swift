// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Records
import SessionInterface

/// A model that takes the four roles: one base, and for each role an adapter or a prompt alone.
public protocol RoleModel: AnyObject {
  var name: String { get }
  /// Roles that have an adapter of their own.
  var adaptedRoles: [CodeRole] { get }
  var promptStyle: PromptStyle { get }

  /// Continues a prompt in a role.
  ///
  /// - Parameters:
  ///   - isStopped: asked after each token; the reply then ends as it is.
  ///   - emit: given each piece of the reply as it comes, whole characters.
  func reply(
    to prompt: String, as role: CodeRole, sampling: RoleSampling, isStopped: () -> Bool, emit: (String) -> Void
  ) throws(ReportedError) -> RoleReply
}

/// How the words of a reply are chosen, and how many there may be.
public struct RoleSampling: Sendable, Equatable {
  public var maximumTokens: Int
  /// 0 always takes the likeliest.
  public var temperature: Double
  public var seed: UInt64

  public init(maximumTokens: Int, temperature: Double = 0, seed: UInt64 = 0) {
    self.maximumTokens = maximumTokens
    self.temperature = temperature
    self.seed = seed
  }
}

/// What a role wrote.
public struct RoleReply: Sendable, Equatable {
  public var text: String
  /// Tokens of the prompt that had to be read: those that an earlier prompt of the role began with are not read again.
  public var promptTokens: Int
  public var answerTokens: Int
  /// True when the reply ended because there was no room for more, not because the model was done.
  public var isCut: Bool

  public init(text: String, promptTokens: Int, answerTokens: Int, isCut: Bool = false) {
    self.text = text
    self.promptTokens = promptTokens
    self.answerTokens = answerTokens
    self.isCut = isCut
  }
}

/// Whatever runs programs on examples.
public protocol ProgramChecking: Sendable {
  /// How programs are kept apart from the machine, in words, and whether that lacks something.
  var containment: String { get }
  var isContainmentWeak: Bool { get }

  /// Throws if programs in this language cannot be run here.
  func check(language: ProgramLanguage) throws(ReportedError)

  /// Runs a program on each example, telling of each; an empty result means that the run was cancelled.
  func run(
    _ program: String, language: ProgramLanguage, examples: [CodeExample],
    onVerdict: @Sendable (Int, ExampleVerdict) async -> Void
  ) async throws(ReportedError) -> [ExampleVerdict]
}
