// SPDX-License-Identifier: Apache-2.0

import Architectures
import ConstrainedDecoding
import Tokenization

/// The tokens of one text, as they are chosen: whoever reads them into the cache asks for the next ones.
struct GeneratedTokens {
  /// The tokens chosen so far; what ends the model's turn is not among them.
  private(set) var tokens: [Int] = []
  /// The last of `tokens`, until it is read.
  private(set) var unreadToken: Int?
  /// Nil until generation is over.
  private(set) var stop: TokenGenerator.Stop?
  private var sampler: Sampler
  private var detokenizer: StreamingDetokenizer
  private let endTokens: Set<Int>
  private let maximumTokens: Int
  private let tokenizer: Tokenizer
  /// What the text may be; nil for any.
  private var constraint: TokenConstraint?

  /// - Parameters:
  ///   - maximumTokens: the most tokens that are generated, at least 1.
  ///   - grammar: what the text may be; nil for any.
  init(model: LoadedModel, sampling: SamplingParameters, maximumTokens: Int, grammar: Grammar? = nil) {
    self.maximumTokens = maximumTokens
    tokenizer = model.tokenizer
    constraint = grammar.map {
      TokenConstraint($0, vocabulary: model.sortedVocabulary, endTokens: model.tokenizer.endOfTurnTokens)
    }
    sampler = Sampler(parameters: sampling, vocabularySize: model.language.configuration.vocabularySize)
    detokenizer = StreamingDetokenizer(model.tokenizer)
    endTokens = model.tokenizer.endOfTurnTokens
    tokens.reserveCapacity(min(maximumTokens, 4096))
  }

  /// Ends generation, unless it is over.
  mutating func end(_ reason: TokenGenerator.Stop) { if stop == nil { stop = reason } }

  /// Says that `unreadToken` has been read.
  mutating func noteRead() { unreadToken = nil }

  /// Chooses the next token.
  ///
  /// - Parameter logits: those after the last token.
  /// - Returns: the characters that became complete with it; nil if the model has ended its turn.
  /// - Throws: `ModelError.logitsNotFinite`.
  mutating func choose(from logits: ArraySlice<Float>, path: String) throws(ModelError) -> String? {
    // Nothing can follow where the grammar's texts are over, so the model is not asked to say so.
    if constraint?.canGoOn == false {
      stop = .end
      return nil
    }
    guard let token = choice(from: logits) else {
      guard constraint?.mask().isEmpty == true else { throw .logitsNotFinite(path: path) }
      // The grammar has too many readings of the text: it is not complete, and nothing is known to follow.
      stop = .length
      return nil
    }
    if endTokens.contains(token) {
      stop = .end
      return nil
    }
    tokens.append(token)
    unreadToken = token
    constraint?.append(tokenizer.bytes(of: token))
    if constraint?.canGoOn == false {
      stop = .end
    } else if tokens.count >= maximumTokens {
      stop = .length
    }
    return detokenizer.append(token)
  }

  private mutating func choice(from logits: ArraySlice<Float>) -> Int? {
    guard var constraint else { return sampler.choose(from: logits) }
    // One owner at a time, so that the states it has found are not copied.
    self.constraint = nil
    defer { self.constraint = constraint }
    return sampler.choose(
      from: logits, where: { constraint.allows($0, tokenizer.bytes(of: $0)) }, mask: { constraint.mask() })
  }

  /// Characters that are not complete where generation has ended.
  mutating func finish() -> String { detokenizer.finish() }
}
