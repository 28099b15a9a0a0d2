// SPDX-License-Identifier: Apache-2.0

import Inference
import Records
import SessionInterface

/// A role's reply by a `CodeModel`.
///
/// Later prompts share what it has read and written once it is over. A reply that is not pulled to its end adds nothing
/// to what they share.
struct CodeReplyGeneration: RoleReplyGeneration {
  private(set) var reply = RoleReply(text: "", promptTokens: 0, answerTokens: 0)
  private let model: CodeModel
  /// Which of the model's prompts this is.
  private let number: Int
  private let prompt: [Int]
  private let role: CodeRole
  /// nil once the reply is over.
  private var generator: TokenGenerator?

  /// - Parameter generator: nil where the prompt does not fit.
  init(of prompt: [Int], as role: CodeRole, in model: CodeModel, number: Int, generator: TokenGenerator?) {
    self.prompt = prompt
    self.role = role
    self.model = model
    self.number = number
    self.generator = generator
    reply.isCut = generator == nil
  }

  mutating func next(isCancelled: Bool) throws(ReportedError) -> String? {
    guard generator != nil else { return nil }
    model.expect(prompt: number)
    do throws(ReportedError) {
      if let piece = try generator?.next(isCancelled: isCancelled) {
        reply.text += piece
        return piece
      }
    } catch {
      generator = nil
      model.forget(role)
      throw error
    }
    finish()
    return nil
  }

  /// Takes note of what the role's cache holds, and of what the reply took.
  private mutating func finish() {
    guard let generator else { return }
    model.note(prompt + generator.tokens, as: role)
    reply.promptTokens = generator.promptTokensRead
    reply.answerTokens = generator.tokens.count
    reply.isCut = generator.stop == .length || generator.stop == .capacity
    self.generator = nil
  }
}
