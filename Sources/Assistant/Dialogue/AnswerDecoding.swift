import Tokenization

/// The state of one answer while it is made.
struct AnswerDecoding {
  private(set) var tokens: [Int] = []
  private(set) var text = ""
  var firstTokenSeconds: Double?
  private var sampler: Sampler
  private var detokenizer: StreamingDetokenizer
  private let endTokens: Set<Int>

  init(model: LoadedModel, options: DialogueOptions) {
    sampler = Sampler(parameters: options.sampling, vocabularySize: model.language.configuration.vocabularySize)
    detokenizer = StreamingDetokenizer(model.tokenizer)
    endTokens = model.tokenizer.endOfTurnTokens
    tokens.reserveCapacity(min(options.maximumAnswerTokens, 4096))
  }

  /// The next token; nil when the model ends its turn.
  mutating func next(logits: [Float]) -> Int? {
    let token = sampler.choose(from: logits)
    return endTokens.contains(token) ? nil : token
  }

  /// Adds a token to the answer and returns the characters that became whole with it.
  mutating func accept(_ token: Int) -> String {
    tokens.append(token)
    let piece = detokenizer.append(token)
    text += piece
    return piece
  }

  /// What the detokenizer still withheld.
  mutating func finish() -> String {
    let rest = detokenizer.finish()
    text += rest
    return rest
  }
}
