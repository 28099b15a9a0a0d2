// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache

/// Reads tokens into one segment of a cache, at text positions that follow each other: a prompt in blocks (chunked
/// prefill), then generated tokens one at a time.
public struct TokenIngest {
  /// Tokens of a prompt that are read in one step.
  static let blockTokens = 256

  /// The text position of the next token.
  public private(set) var position: Int
  /// Tokens of the prompt read so far.
  public private(set) var promptTokensRead = 0
  let language: LanguageModel
  let cache: KeyValueCache
  private var prompt: ArraySlice<Int>
  private let segment: CacheSegment
  private let isRetrieving: Bool

  /// - Parameters:
  ///   - position: the text position of the prompt's first token.
  ///   - isRetrieving: lets the prompt choose what the cache retrieves for it.
  public init(
    prompt: ArraySlice<Int>, at position: Int, into cache: KeyValueCache, segment: CacheSegment = .text,
    isRetrieving: Bool = false, language: LanguageModel
  ) {
    self.prompt = prompt
    self.position = position
    self.cache = cache
    self.segment = segment
    self.isRetrieving = isRetrieving
    self.language = language
  }

  /// Whether some of the prompt is still to be read.
  public var hasPrompt: Bool { !prompt.isEmpty }

  /// Reads the next block of the prompt; the logits are then those after its last token.
  ///
  /// - Throws: `ModelError` as `LanguageModel.prefill` does.
  public mutating func readBlock() throws(ModelError) {
    let block = prompt.prefix(Self.blockTokens)
    let first = position
    try language.prefill(
      tokens: Array(block), positions: block.indices.map { Self.position(first + $0 - block.startIndex) },
      into: cache.ticket(for: segment, retrieving: isRetrieving))
    prompt = prompt.dropFirst(block.count)
    position += block.count
    promptTokensRead += block.count
  }

  /// Reads one token into the text segment; the logits are then those after it.
  ///
  /// - Throws: `ModelError` as `LanguageModel.decode` does.
  public mutating func read(_ token: Int) throws(ModelError) {
    try language.decode(token: token, position: Self.position(position), into: cache.ticket(for: .text))
    position += 1
  }

  private static func position(_ index: Int) -> MRoPEPosition { MRoPEPosition(text: Int32(clamping: index)) }
}
