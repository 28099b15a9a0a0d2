import ModelFile

/// Turns text into a model's tokens and back: byte-level BPE as the Qwen2 families use it, read from a GGUF's metadata.
///
/// Equal to Hugging Face `tokenizers` on the same vocabulary, except for characters younger than that library's Unicode
/// tables: letters that came with Unicode 17, and the order of several combining marks if one came after Unicode 9.
///
/// The GGUF format does not record the normalization: Qwen2's own tokenizer composes characters (NFC) first, llama.cpp
/// does not. See `normalization`.
public struct Tokenizer: Sendable {
  /// The number of tokens, those included that only fill the vocabulary up.
  public let vocabularySize: Int
  /// The tokens at which an answer ends: those the file names, and the two with which Qwen's chat format ends things.
  public let endOfTurnTokens: Set<Int>
  /// What is done to text first. A file may say (`edgeassist.tokenizer.normalization`: `none` or `nfc`); otherwise it
  /// is what Qwen2's own tokenizer does, `nfc`.
  public let normalization: TextNormalization
  /// The file that errors name.
  let path: String
  private let vocabulary: Vocabulary
  private let encoder: BytePairEncoder
  private let special: SpecialTokenFinder

  /// - Parameter normalization: overrides what the file says.
  public init(metadata: GGUFMetadata, normalization: TextNormalization? = nil) throws(TokenizerError) {
    path = metadata.path
    let model = try metadata.reading { (file) throws(GGUFError) in try file.string("tokenizer.ggml.model") }
    guard model == "gpt2" else { throw .unsupportedModel(path: path, model: model) }
    let split = try metadata.reading { (file) throws(GGUFError) in try file.stringIfPresent("tokenizer.ggml.pre") }
    guard split == "qwen2" else { throw .unsupportedPreTokenizer(path: path, name: split) }
    if let normalization {
      self.normalization = normalization
    } else {
      self.normalization = try Self.normalization(metadata)
    }

    let vocabulary = try Vocabulary(metadata: metadata)
    self.vocabulary = vocabulary
    vocabularySize = vocabulary.count
    special = SpecialTokenFinder(vocabulary)
    let unknown = try Self.token(metadata, "tokenizer.ggml.unknown_token_id", vocabulary)
    let index = TokenIndex(vocabulary)
    let merges = try MergeTable(metadata: metadata, index: index)
    encoder = BytePairEncoder(merges: merges, index: index, unknown: unknown.map { Int32(truncatingIfNeeded: $0) })

    var ends: Set<Int> = []
    for key in ["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"] {
      if let token = try Self.token(metadata, key, vocabulary) { ends.insert(token) }
    }
    for text in ["<|im_end|>", "<|endoftext|>"] {
      if let token = special.token(text) { ends.insert(token) }
    }
    endOfTurnTokens = ends
  }

  /// The tokens of a text.
  ///
  /// - Parameter parsingSpecialTokens: whether the texts of special tokens in it become those tokens. What a person
  ///   typed is encoded without, so that a typed `<|im_end|>` ends nothing.
  public func encode(_ text: String, parsingSpecialTokens: Bool) -> [Int] {
    var result: [Int] = []
    var work = BytePairEncoder.Workspace()
    var rest = Array(text.utf8)[...]
    while parsingSpecialTokens, let found = special.first(in: rest) {
      encodePlain(rest[..<found.range.lowerBound], into: &result, using: &work)
      result.append(found.token)
      rest = rest[found.range.upperBound...]
    }
    encodePlain(rest, into: &result, using: &work)
    return result
  }

  /// The text of tokens; bytes that are not UTF-8 become U+FFFD, and numbers that are no tokens nothing.
  public func decode(_ tokens: [Int], skippingSpecialTokens: Bool = true) -> String {
    var bytes: [UInt8] = []
    for token in tokens { bytes += self.bytes(of: token, skippingSpecialTokens: skippingSpecialTokens) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The control or user-defined token with this text, such as `<|vision_start|>`.
  public func specialToken(_ text: String) -> Int? { special.token(text) }

  /// True for tokens that stand for no text: control tokens, and those that fill the vocabulary up.
  public func isControl(_ token: Int) -> Bool {
    guard vocabulary.kinds.indices.contains(token) else { return true }
    return vocabulary.kinds[token] == .control || vocabulary.kinds[token] == .unused
  }

  /// The bytes that a token adds to a text.
  func bytes(of token: Int, skippingSpecialTokens: Bool) -> ArraySlice<UInt8> {
    skippingSpecialTokens && isControl(token) ? [] : vocabulary.bytes(of: token)
  }

  private func encodePlain(
    _ utf8: ArraySlice<UInt8>, into result: inout [Int], using work: inout BytePairEncoder.Workspace
  ) {
    PreTokenizer(normalization.apply(utf8)).forEachPiece { encoder.encode($0, into: &result, using: &work) }
  }

  private static func normalization(_ metadata: GGUFMetadata) throws(TokenizerError) -> TextNormalization {
    let name = try metadata.reading { (file) throws(GGUFError) in
      try file.stringIfPresent("edgeassist.tokenizer.normalization")
    }
    guard let name else { return .nfc }
    guard let normalization = TextNormalization(rawValue: name) else {
      throw .unsupportedNormalization(path: metadata.path, name: name)
    }
    return normalization
  }

  private static func token(
    _ metadata: GGUFMetadata, _ key: String, _ vocabulary: Vocabulary
  ) throws(TokenizerError) -> Int? {
    let token = try metadata.reading { (file) throws(GGUFError) in try file.integerIfPresent(key) }
    guard let token else { return nil }
    guard (0..<vocabulary.count).contains(token) else {
      throw .tokenOutOfRange(path: metadata.path, key: key, token: token, vocabularySize: vocabulary.count)
    }
    return token
  }
}
