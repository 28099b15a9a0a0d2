// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Records
import Tokenization

/// Reads a prompt and continues it, token by token: the one loop in which text is generated.
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
  public private(set) var tokens: [Int] = []
  /// The last of `tokens`, where the model has not read it.
  public private(set) var unreadToken: Int?
  /// Nil until generation is over.
  public private(set) var stop: Stop?
  /// Tokens of the prompt read so far.
  public var promptTokensRead: Int { reader.promptTokensRead }
  private var reader: TokenIngest
  private var sampler: Sampler
  private var detokenizer: StreamingDetokenizer
  private let endTokens: Set<Int>
  private let maximumTokens: Int
  private var compressions: [CompressionReport] = []

  /// - Parameters:
  ///   - reader: has the prompt.
  ///   - maximumTokens: the most tokens that are generated, at least 1.
  public init(model: LoadedModel, reader: TokenIngest, sampling: SamplingParameters, maximumTokens: Int) {
    self.reader = reader
    self.maximumTokens = maximumTokens
    sampler = Sampler(parameters: sampling, vocabularySize: model.language.configuration.vocabularySize)
    detokenizer = StreamingDetokenizer(model.tokenizer)
    endTokens = model.tokenizer.endOfTurnTokens
    tokens.reserveCapacity(min(maximumTokens, 4096))
  }

  /// Reads a block of the prompt, or generates a token.
  ///
  /// - Parameter isCancelled: ends generation.
  /// - Returns: the characters that became complete, often none; nil once generation is over and all have been
  ///   returned.
  /// - Throws: `ReportedError` where the model or the cache refuses.
  public mutating func next(isCancelled: Bool = false) throws(ReportedError) -> String? {
    if isCancelled && stop == nil { stop = .cancelled }
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
    let rest = detokenizer.finish()
    return rest.isEmpty ? nil : rest
  }

  /// - Returns: the characters that became complete with the next token; nil if there is no next token.
  private mutating func generate() throws -> String? {
    if let token = unreadToken {
      guard try ensureCapacity() else {
        stop = .capacity
        return nil
      }
      try reader.read(token)
      unreadToken = nil
    }
    guard let token = sampler.choose(from: reader.language.logits) else {
      throw ModelError.logitsNotFinite(path: reader.language.path)
    }
    if endTokens.contains(token) {
      stop = .end
      return nil
    }
    tokens.append(token)
    unreadToken = token
    if tokens.count >= maximumTokens { stop = .length }
    return detokenizer.append(token)
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
