// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import ConstrainedDecoding
import Records

/// Reads a prompt and continues it, token by token, in the cache itself. `ForkGenerator` does it in forks of it.
///
/// The work is pulled: each call of `next` reads one block of the prompt or generates one token.
///
///     while let piece = try generator.next(isCancelled: stop.isStopped) { text += piece }
public struct TokenGenerator {
  /// Why generation is over.
  public enum Stop: Sendable, Equatable {
    /// The model ended its turn.
    case end
    /// The limit on tokens was reached.
    case length
    /// The cache has no room for another token.
    case capacity
    /// The caller's `isCancelled` said so.
    case cancelled
  }

  /// The tokens generated so far; what ends the model's turn is not among them.
  public var tokens: [Int] { generated.tokens }
  /// The last of `tokens`, where the model has not read it.
  public var unreadToken: Int? { generated.unreadToken }
  /// Nil until generation is over.
  public var stop: Stop? { generated.stop }
  /// Tokens of the prompt read so far.
  public var promptTokensRead: Int { reader.promptTokensRead }
  private var reader: TokenIngest
  private var generated: GeneratedTokens
  private var compressions: [CompressionReport] = []

  /// - Parameters:
  ///   - reader: has the prompt.
  ///   - maximumTokens: the most tokens that are generated, at least 1.
  ///   - grammar: what the text may be; nil for any.
  public init(
    model: LoadedModel, reader: TokenIngest, sampling: SamplingParameters, maximumTokens: Int, grammar: Grammar? = nil
  ) {
    self.reader = reader
    generated = GeneratedTokens(model: model, sampling: sampling, maximumTokens: maximumTokens, grammar: grammar)
  }

  /// Reads a block of the prompt, or generates a token.
  ///
  /// - Parameter isCancelled: ends generation.
  /// - Returns: the characters that became complete, often none; nil once generation is over and all have been
  ///   returned.
  /// - Throws: `ReportedError` where the model or the cache refuses.
  public mutating func next(isCancelled: Bool = false) throws(ReportedError) -> String? {
    if isCancelled { generated.end(.cancelled) }
    do {
      if stop == nil {
        if reader.hasPrompt {
          try reader.readBlock()
          return ""
        }
        if let piece = try generate() { return piece }
      }
    } catch {
      throw ReportedError(error)
    }
    let rest = generated.finish()
    return rest.isEmpty ? nil : rest
  }

  /// - Returns: the characters that became complete with the next token; nil if there is no next token.
  private mutating func generate() throws -> String? {
    if let token = unreadToken {
      guard try ensureCapacity() else {
        generated.end(.capacity)
        return nil
      }
      try reader.read(token)
      generated.noteRead()
    }
    return try generated.choose(from: reader.language.logits[...], path: reader.language.path)
  }

  /// Makes room for a token in the cache; false if there is none to be made.
  private mutating func ensureCapacity() throws(CacheError) -> Bool {
    do {
      if let report = try reader.cache.ensureCapacity(for: 1) { compressions.append(report) }
      return true
    } catch .budgetTooSmall {
      return false
    }
  }

  /// Compressions of the cache since the last call, that made room for tokens.
  public mutating func takeCompressions() -> [CompressionReport] {
    defer { compressions = [] }
    return compressions
  }
}
