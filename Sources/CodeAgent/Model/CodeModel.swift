// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import CodeTasks
import Inference
import ModelFile
import Records
import SessionInterface

/// One base model that takes the four roles, each with an adapter of its own where there is one.
///
/// All adapters stay in memory. A role is taken by pointing the base to its adapter, which copies and reloads nothing.
/// Keys and values depend on the adapter from the first layer on, so each adapter has a cache of its own; there the
/// beginning that a prompt shares with the one before it, such as the task, is not read again. Roles without an adapter
/// share one cache.
///
/// Not safe to share between threads.
public final class CodeModel: RoleModel {
  /// The language model's name, as `LoadedModel` gives it.
  public var name: String { model.name }
  /// Warnings about the base model for the user: those of loading it, such as a chat template that cannot be followed,
  /// then a sentence for each tensor that has changed since.
  public var warnings: [String] { model.warnings + (model.scrubber?.warnings ?? []) }
  /// By the base model's metadata (`PromptStyle.metadataKey`); `full` without it.
  public let promptStyle: PromptStyle
  /// Roles with a LoRA adapter of their own, in the order of `CodeRole`.
  public let adaptedRoles: [CodeRole]

  private let model: LoadedModel
  private let adapters: [CodeRole: LoRAAdapter]
  private var contexts: [CodeRole?: Context] = [:]
  /// How many prompts have been begun.
  private var promptsBegun = 0

  /// A cache, and the tokens that it holds.
  private struct Context {
    let cache: KeyValueCache
    var tokens: [Int] = []
  }

  /// Maps the base, checks that it will fit into memory, and reads the adapters.
  ///
  /// - Throws: `ReportedError.modelUnreadable` with the reason, for example that an adapter is of another shape, or
  ///   `insufficientMemory` with the figures.
  public init(paths: CodeModelPaths, threads: Int, memory: ModelLoadingOptions = ModelLoadingOptions())
    throws(ReportedError)
  {
    model = try LoadedModel(
      paths: ModelPaths(languageModel: paths.base, vision: nil, isEmbedded: false), threads: threads, memory: memory)
    do {
      var adapters: [CodeRole: LoRAAdapter] = [:]
      for (role, path) in paths.adapters {
        adapters[role] = try LoRAAdapter(file: GGUFFile(path: path), model: model.language)
      }
      self.adapters = adapters
      adaptedRoles = CodeRole.allCases.filter { adapters[$0] != nil }
      let style = try model.metadata.stringIfPresent(PromptStyle.metadataKey)
      promptStyle = style == PromptStyle.shortValue ? .short : .full
    } catch {
      throw .modelUnreadable(message: String(describing: error))
    }
  }

  /// For each token of the vocabulary, how likely it is to come next after the last one read.
  package var logits: [Float] { model.language.logits }

  /// Context length of the model, in tokens: the most that one prompt and its reply may take together.
  public var contextLength: Int { model.language.configuration.contextLength }

  // MARK: Replies

  /// Begins a reply. It reads the tokens after the prefix that the prompt shares with the role's cache, then generates.
  ///
  /// - Throws: `ReportedError` if the cache fails. Where the cache or the model fails while the reply is pulled, the
  ///   role's cache is empty afterwards.
  public func begin(
    replyTo prompt: String, as role: CodeRole, sampling: RoleSampling
  ) throws(ReportedError) -> any RoleReplyGeneration {
    let template = model.template
    let tokens = template.opening(system: nil) + template.textStart + template.question(prompt)
    guard !tokens.isEmpty, tokens.count < contextLength else {
      return CodeReplyGeneration(of: tokens, as: role, in: self, number: promptsBegun, generator: nil)
    }
    let generator = TokenGenerator(
      model: model, reader: try reader(of: tokens, as: role),
      sampling: SamplingParameters(temperature: sampling.temperature, seed: sampling.seed),
      maximumTokens: min(sampling.maximumTokens, contextLength - tokens.count))
    return CodeReplyGeneration(of: tokens, as: role, in: self, number: promptsBegun, generator: generator)
  }

  /// Checks that no other prompt has been begun since one.
  func expect(prompt number: Int) {
    precondition(number == promptsBegun, "the model has gone on with another prompt")
  }

  /// Empties a role's cache, since the tokens read of a prompt are not reliable.
  func forget(_ role: CodeRole) { contexts[key(role)] = nil }

  /// Makes the role's cache hold these tokens.
  ///
  /// - Returns: how many tokens were read.
  /// - Throws: `ReportedError` if the cache or the model fails.
  package func read(_ tokens: [Int], as role: CodeRole) throws -> Int {
    var reader = try reader(of: tokens, as: role)
    while reader.hasPrompt { try reader.readBlock() }
    note(tokens, as: role)
    return reader.promptTokensRead
  }

  // MARK: Caches

  /// Ingest of a prompt as a role. It reads only the tokens after the prefix that the role's cache already holds.
  private func reader(of tokens: [Int], as role: CodeRole) throws(ReportedError) -> TokenIngest {
    let context = try context(of: role)
    // The last token is always read, for the logits after it.
    var common = min(zip(context.tokens, tokens).prefix { $0 == $1 }.count, tokens.count - 1)
    // A hybrid model's recurrent state can be continued, but no token can be removed from it.
    if context.cache.shape.isHybrid, common < context.cache.textCount { common = 0 }
    context.cache.truncateText(to: common)
    // Until this prompt is read to its end, a later one shares no more than this prefix with it.
    contexts[key(role)]?.tokens = Array(tokens.prefix(common))
    promptsBegun += 1
    model.language.adapter = adapters[role]
    return TokenIngest(prompt: tokens[common...], at: common, into: context.cache, language: model.language)
  }

  /// Records the tokens that a role's cache holds.
  ///
  /// - Parameter tokens: the prompt and the generated tokens, whether or not the model has read all of it.
  func note(_ tokens: [Int], as role: CodeRole) {
    guard let cache = contexts[key(role)]?.cache else { return }
    contexts[key(role)]?.tokens = Array(tokens.prefix(cache.textCount))
  }

  /// Roles without an adapter share a cache.
  private func key(_ role: CodeRole) -> CodeRole? { adapters[role] == nil ? nil : role }

  private func context(of role: CodeRole) throws(ReportedError) -> Context {
    if let context = contexts[key(role)] { return context }
    do throws(CacheError) {
      // It grows with the cached tokens, and never beyond the model's context.
      let cache = try KeyValueCache(
        shape: model.language.configuration.cacheShape, budget: contextLength, policy: .full)
      let context = Context(cache: cache)
      contexts[key(role)] = context
      return context
    } catch {
      throw ReportedError(error)
    }
  }
}
