// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import Foundation
import Inference
import ModelFile
import Records
import SessionInterface
import Tokenization

/// One base model that takes the four roles, each with an adapter of its own where there is one.
///
/// All adapters stay in memory; a role is taken by pointing the base to its adapter, which copies and reloads nothing.
/// Keys and values depend on the adapter from the first layer on, so that each adapter has a cache of its own; there the
/// beginning that a prompt shares with the one before it, such as the task, is not read again. Roles without an adapter
/// share one cache.
///
/// Not safe to share between threads.
public final class CodeModel: RoleModel {
  public let name: String
  public let promptStyle: PromptStyle
  public let adaptedRoles: [CodeRole]

  private let language: LanguageModel
  private let tokenizer: Tokenizer
  private let template: ChatTemplate
  private let adapters: [CodeRole: LoRAAdapter]
  private var contexts: [CodeRole?: Context] = [:]

  /// What a cache holds, token by token.
  private struct Context {
    let cache: KeyValueCache
    var tokens: [Int] = []
  }

  /// Tokens of a prompt read between two looks at whether to stop.
  private static let promptBlock = 256

  /// Maps the base, checks that it will fit into memory, and reads the adapters.
  ///
  /// - Throws: `ReportedError.modelUnreadable` with the reason, for example that an adapter is of another shape, or
  ///   `insufficientMemory` with the figures.
  public init(
    paths: CodeModelPaths, threads: Int, memory: MemoryPlan = MemoryPlan()
  ) throws(ReportedError) {
    do {
      let file = try GGUFFile(path: paths.base)
      file.expect(.scattered)
      let estimate = try MemoryEstimate(
        language: file, vision: nil, budget: memory.budget, type: memory.type, threads: threads)
      try memory.check(estimate, path: paths.base)
      let language = try LanguageModel(file: file, threads: ThreadPool(threads: threads))
      file.expect(.tensors)
      var adapters: [CodeRole: LoRAAdapter] = [:]
      for (role, path) in paths.adapters {
        adapters[role] = try LoRAAdapter(file: GGUFFile(path: path), model: language)
      }
      let tokenizer = try Tokenizer(metadata: file.metadata)
      self.language = language
      self.adapters = adapters
      self.tokenizer = tokenizer
      template = try ChatTemplate(tokenizer: tokenizer)
      let style = try file.metadata.stringIfPresent(PromptStyle.metadataKey)
      promptStyle = style == PromptStyle.shortValue ? .short : .full
      let title = try? file.metadata.stringIfPresent("general.name")
      name = title ?? URL(fileURLWithPath: paths.base).deletingPathExtension().lastPathComponent
      adaptedRoles = CodeRole.allCases.filter { adapters[$0] != nil }
    } catch let error as ReportedError {
      throw error
    } catch {
      throw .modelUnreadable(message: String(describing: error))
    }
  }

  /// Bytes of all adapters.
  public var adapterByteCount: Int { adapters.values.reduce(0) { $0 + $1.byteCount } }

  /// A score for each token of the vocabulary to come next after the last one read.
  package var logits: [Float] { language.logits }

  /// What the model can read and write in one prompt and its reply, in tokens.
  public var contextLength: Int { language.configuration.contextLength }

  // MARK: Replies

  public func reply(
    to prompt: String, as role: CodeRole, sampling: RoleSampling, isStopped: () -> Bool, emit: (String) -> Void
  ) throws(ReportedError) -> RoleReply {
    do {
      return try decode(after: prompt, as: role, sampling, isStopped, emit)
    } catch {
      // What was read of the prompt is not to be relied upon.
      contexts[key(role)] = nil
      throw ReportedError(error)
    }
  }

  private func decode(
    after prompt: String, as role: CodeRole, _ sampling: RoleSampling, _ isStopped: () -> Bool,
    _ emit: (String) -> Void
  ) throws -> RoleReply {
    let tokens = template.opening(system: nil) + template.textStart + template.question(prompt)
    var reply = RoleReply(text: "", promptTokens: 0, answerTokens: 0)
    guard !tokens.isEmpty, tokens.count < contextLength else {
      reply.isCut = true
      return reply
    }
    reply.promptTokens = try read(tokens, as: role, isStopped)
    var sampler = Sampler(
      parameters: SamplingParameters(temperature: sampling.temperature, seed: sampling.seed),
      vocabularySize: language.configuration.vocabularySize)
    var detokenizer = StreamingDetokenizer(tokenizer)
    while !isStopped() {
      let token = sampler.choose(from: language.logits)
      if tokenizer.endOfTurnTokens.contains(token) { break }
      reply.answerTokens += 1
      let piece = detokenizer.append(token)
      reply.text += piece
      if !piece.isEmpty { emit(piece) }
      guard reply.answerTokens < sampling.maximumTokens, tokens.count + reply.answerTokens < contextLength else {
        reply.isCut = true
        break
      }
      try append([token], as: role)
    }
    let rest = detokenizer.finish()
    reply.text += rest
    if !rest.isEmpty { emit(rest) }
    return reply
  }

  /// Makes the role's cache hold these tokens, reading only what comes after the beginning that it holds already.
  ///
  /// - Returns: how many tokens were read.
  package func read(_ tokens: [Int], as role: CodeRole, _ isStopped: () -> Bool = { false }) throws -> Int {
    let context = try context(of: role)
    // The last token is always read, for the scores after it.
    let common = min(zip(context.tokens, tokens).prefix { $0 == $1 }.count, tokens.count - 1)
    context.cache.truncateText(to: common)
    contexts[key(role)]?.tokens.removeLast(context.tokens.count - common)
    var start = common
    while start < tokens.count, !isStopped() {
      let end = min(start + Self.promptBlock, tokens.count)
      try append(Array(tokens[start..<end]), as: role)
      start = end
    }
    return start - common
  }

  private func append(_ tokens: [Int], as role: CodeRole) throws {
    guard let context = contexts[key(role)] else { return }
    let first = context.tokens.count
    language.adapter = adapters[role]
    let position = { (index: Int) in MRoPEPosition(text: Int32(clamping: index)) }
    if tokens.count == 1 {
      try language.decode(token: tokens[0], position: position(first), cache: context.cache)
    } else {
      try language.prefill(
        tokens: tokens, positions: tokens.indices.map { position(first + $0) }, cache: context.cache, segment: .text)
    }
    contexts[key(role)]?.tokens += tokens
  }

  /// Roles without an adapter share what is cached.
  private func key(_ role: CodeRole) -> CodeRole? { adapters[role] == nil ? nil : role }

  private func context(of role: CodeRole) throws -> Context {
    if let context = contexts[key(role)] { return context }
    // It grows with what is held and never beyond the model's context.
    let cache = try KeyValueCache(
      shape: language.configuration.cacheShape, budget: contextLength, policy: .full)
    let context = Context(cache: cache)
    contexts[key(role)] = context
    return context
  }
}
