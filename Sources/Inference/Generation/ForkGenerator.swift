// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import ConstrainedDecoding
import Records

/// Reads a prompt in each of several forks of a cache, and continues all in one batch: one token of each a step.
///
/// The work is pulled, as that of `TokenGenerator`. A fork whose text is over leaves the batch.
///
///     while let pieces = try generator.next(isCancelled: stop.isStopped) { for (fork, text) in pieces { … } }
public struct ForkGenerator {
  /// What one fork has become.
  public struct Text {
    /// The tokens generated so far; what ends the model's turn is not among them.
    public var tokens: [Int] { generated.tokens }
    /// Nil until its generation is over.
    public var stop: TokenGenerator.Stop? { generated.stop }
    /// Tokens of the prompt read so far.
    public fileprivate(set) var promptTokensRead = 0
    fileprivate var generated: GeneratedTokens
    fileprivate var prompt: ArraySlice<Int>
    fileprivate var position: Int
    /// Nil once generation is over.
    fileprivate var fork: KVFork?
  }

  /// One for each prompt, in their order.
  public private(set) var texts: [Text]
  private let language: LanguageModel

  /// - Parameters:
  ///   - prompts: none empty.
  ///   - position: the text position of the first token of each.
  ///   - cache: has room for each prompt alone.
  ///   - maximumTokens: the most tokens that each fork generates, at least 1.
  ///   - grammar: what each text may be; nil for any.
  /// - Throws: `CacheError.cannotAllocate`.
  public init(
    model: LoadedModel, prompts: [[Int]], at position: Int, on cache: KeyValueCache, sampling: SamplingParameters,
    maximumTokens: Int, grammar: Grammar? = nil
  ) throws(CacheError) {
    language = model.language
    var texts: [Text] = []
    for prompt in prompts {
      texts.append(
        Text(
          generated: GeneratedTokens(
            model: model, sampling: sampling, maximumTokens: maximumTokens, grammar: grammar),
          prompt: prompt[...], position: position, fork: try cache.fork(capacity: prompt.count + maximumTokens)))
    }
    self.texts = texts
  }

  /// Reads a block of the prompts, or once all are read generates a token in each fork.
  ///
  /// - Parameter isCancelled: ends generation in all forks.
  /// - Returns: of each fork that the step was about its index and the characters that became complete, often none;
  ///   nil once generation is over everywhere.
  /// - Throws: `ReportedError` where the model refuses. No fork can go on then.
  public mutating func next(isCancelled: Bool = false) throws(ReportedError) -> [(fork: Int, piece: String)]? {
    let open = texts.indices.filter { texts[$0].fork != nil }
    guard !open.isEmpty else { return nil }
    if isCancelled { return open.map { end($0, .cancelled) } }
    let unread = open.filter { !texts[$0].prompt.isEmpty }
    do {
      return unread.isEmpty ? try generate(open) : try readBlock(of: unread)
    } catch {
      throw ReportedError(error)
    }
  }

  private mutating func readBlock(of unread: [Int]) throws -> [(fork: Int, piece: String)] {
    var left = min(TokenIngest.blockTokens, language.maximumBlock)
    var parts: [(fork: Int, tokens: [Int])] = []
    for index in unread where left > 0 {
      parts.append((index, Array(texts[index].prompt.prefix(left))))
      left -= parts[parts.count - 1].tokens.count
    }
    let logits = try read(parts)
    for (index, tokens) in parts {
      texts[index].prompt = texts[index].prompt.dropFirst(tokens.count)
      texts[index].promptTokensRead += tokens.count
    }
    return try zip(parts, logits).map { part, logits in
      texts[part.fork].prompt.isEmpty ? try choose(part.fork, from: logits) : (part.fork, "")
    }
  }

  private mutating func generate(_ open: [Int]) throws -> [(fork: Int, piece: String)] {
    let full = open.filter { texts[$0].fork?.canAppend(1) != true }
    let ended = full.map { end($0, .capacity) }
    let parts = open.compactMap { index in
      texts[index].fork == nil ? nil : texts[index].generated.unreadToken.map { (fork: index, tokens: [$0]) }
    }
    guard !parts.isEmpty else { return ended }
    let logits = try read(parts)
    for part in parts { texts[part.fork].generated.noteRead() }
    return try ended + zip(parts, logits).map { try choose($0.fork, from: $1) }
  }

  private mutating func read(_ parts: [(fork: Int, tokens: [Int])]) throws(ModelError) -> [ArraySlice<Float>] {
    let logits = try language.read(
      parts.map(\.tokens), from: parts.map { texts[$0.fork].position }, into: parts.compactMap { texts[$0.fork].fork })
    for part in parts { texts[part.fork].position += part.tokens.count }
    return logits
  }

  /// Chooses a fork's next token.
  private mutating func choose(_ index: Int, from logits: ArraySlice<Float>) throws -> (fork: Int, piece: String) {
    let piece = try texts[index].generated.choose(from: logits, path: language.path) ?? ""
    guard texts[index].generated.stop != nil else { return (index, piece) }
    texts[index].fork = nil
    return (index, piece + texts[index].generated.finish())
  }

  /// Ends a fork, whose memory is free then.
  private mutating func end(_ index: Int, _ reason: TokenGenerator.Stop) -> (fork: Int, piece: String) {
    texts[index].generated.end(reason)
    texts[index].fork = nil
    return (index, texts[index].generated.finish())
  }
}
