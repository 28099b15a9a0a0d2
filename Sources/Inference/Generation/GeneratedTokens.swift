// SPDX-License-Identifier: Apache-2.0

import Architectures
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

  /// - Parameter maximumTokens: the most tokens that are generated, at least 1.
  init(model: LoadedModel, sampling: SamplingParameters, maximumTokens: Int) {
    self.maximumTokens = maximumTokens
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
    guard let token = sampler.choose(from: logits) else { throw .logitsNotFinite(path: path) }
    if endTokens.contains(token) {
      stop = .end
      return nil
    }
    tokens.append(token)
    unreadToken = token
    if tokens.count >= maximumTokens { stop = .length }
    return detokenizer.append(token)
  }

  /// Characters that are not complete where generation has ended.
  mutating func finish() -> String { detokenizer.finish() }
}
