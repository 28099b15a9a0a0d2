// SPDX-License-Identifier: Apache-2.0

import ModelFile

/// Encodes text as a model's tokens and decodes tokens: byte-level BPE as the Qwen families, Llama 3 and SmolLM use it,
/// read from a GGUF's metadata.
///
/// Equal to Hugging Face `tokenizers` on the same vocabulary, except for characters younger than that library's Unicode
/// tables: letters that came with Unicode 17, and the order of several combining marks if one came after Unicode 9.
///
/// The GGUF format does not record the normalization: Qwen2's own tokenizer composes characters (NFC) first, llama.cpp
/// does not. See `normalization`.
public struct Tokenizer: Sendable {
  /// Number of tokens, unused ones included.
  public let vocabularySize: Int
  /// The tokens at which an answer ends: those the file names, those with which the chat formats of Qwen, Llama 3 and
  /// SmolVLM end things, and those with which coding models go on to another file.
  public let endOfTurnTokens: Set<Int>
  /// The Unicode normalization of text before it is split: the file's `edgeassist.tokenizer.normalization` (`none` or
  /// `nfc`), else that of the models' own tokenizer: `nfc` for Qwen's, none for the others.
  public let normalization: TextNormalization
  /// `tokenizer.chat_template`: how the model's makers lay out a conversation, in Jinja. See `ChatTemplate`.
  public let chatTemplate: String?
  /// The token that every prompt begins with, if the file asks for one (`tokenizer.ggml.add_bos_token`).
  public let beginning: Int?
  /// The file that errors name.
  let path: String
  private let namedTokens: [String: Int]
  private let vocabulary: Vocabulary
  private let splitting: TextSplitting
  private let encoder: BytePairEncoder
  private let special: SpecialTokenFinder

  /// Reads the tokenizer of a model file.
  ///
  /// - Parameter normalization: takes the place of the file's.
  /// - Throws: `TokenizerError` if the vocabulary is not byte-level BPE, contradicts itself or lacks an entry.
  public init(metadata: GGUFMetadata, normalization: TextNormalization? = nil) throws(TokenizerError) {
    path = metadata.path
    let model = try metadata.reading { (file) throws(GGUFError) in try file.name("tokenizer.ggml.model") }
    guard model == "gpt2" else { throw .unsupportedModel(path: path, model: model) }
    let split = try metadata.reading { (file) throws(GGUFError) in try file.nameIfPresent("tokenizer.ggml.pre") }
    guard let splitting = split.flatMap(TextSplitting.init) else {
      throw .unsupportedPreTokenizer(path: path, name: split)
    }
    self.splitting = splitting
    if let normalization {
      self.normalization = normalization
    } else {
      self.normalization = try Self.normalization(metadata) ?? splitting.normalization
    }

    let vocabulary = try Vocabulary(metadata: metadata)
    self.vocabulary = vocabulary
    vocabularySize = vocabulary.count
    special = SpecialTokenFinder(vocabulary)
    let unknown = try Self.token(metadata, "tokenizer.ggml.unknown_token_id", vocabulary)
    let index = TokenIndex(vocabulary)
    let merges = try MergeTable(metadata: metadata, index: index)
    encoder = BytePairEncoder(
      merges: merges, index: index, unknown: unknown.map { Int32(truncatingIfNeeded: $0) },
      takesWholePieces: splitting.takesWholePieces)

    var ends: Set<Int> = []
    var named: [String: Int] = [:]
    for name in ["bos", "eos", "eot"] {
      named["\(name)_token"] = try Self.token(metadata, "tokenizer.ggml.\(name)_token_id", vocabulary)
    }
    for name in ["eos_token", "eot_token"] {
      if let token = named[name] { ends.insert(token) }
    }
    namedTokens = named
    let endings = [
      "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<end_of_utterance>", "<|fim_pad|>",
      "<|repo_name|>", "<|file_sep|>",
    ]
    for text in endings {
      if let token = special.token(text) { ends.insert(token) }
    }
    endOfTurnTokens = ends
    let begins = try metadata.reading { (file) throws(GGUFError) in
      try file.boolIfPresent("tokenizer.ggml.add_bos_token")
    }
    beginning = begins ?? splitting.addsBeginning ? named["bos_token"] : nil
    chatTemplate = try metadata.reading { (file) throws(GGUFError) in
      try file.stringIfPresent("tokenizer.chat_template")
    }
  }

  /// The tokens of a text.
  ///
  /// - Parameter parsingSpecialTokens: whether the texts of special tokens in it become those tokens. What a person
  ///   typed is encoded without, so that a typed `<|im_end|>` ends nothing.
  public func encode(_ text: String, parsingSpecialTokens: Bool) -> [Int] {
    var result: [Int] = []
    var work = BytePairEncoder.Workspace()
    guard parsingSpecialTokens else {
      encodePlain(Array(text.utf8)[...], into: &result, using: &work)
      return result
    }
    forEachStretch(of: text) { stretch in
      switch stretch {
      case .plain(let utf8): encodePlain(utf8, into: &result, using: &work)
      case .special(let token): result.append(token)
      }
    }
    return result
  }

  enum Stretch {
    case plain(ArraySlice<UInt8>)
    case special(Int)
  }

  /// A text's special tokens and what stands between them.
  func forEachStretch(of text: String, _ body: (Stretch) -> Void) {
    var rest = Array(text.utf8)[...]
    while let found = special.first(in: rest) {
      body(.plain(rest[..<found.range.lowerBound]))
      body(.special(found.token))
      rest = rest[found.range.upperBound...]
    }
    body(.plain(rest))
  }

  /// The text of tokens. Bytes that are not UTF-8 become U+FFFD; an id outside of the vocabulary adds nothing.
  public func decode(_ tokens: [Int], skippingSpecialTokens: Bool = true) -> String {
    var bytes: [UInt8] = []
    for token in tokens { bytes += self.bytes(of: token, skippingSpecialTokens: skippingSpecialTokens) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The control or user-defined token with this text, such as `<|vision_start|>`.
  public func specialToken(_ text: String) -> Int? { special.token(text) }

  /// The texts of the tokens that chat templates ask for by name.
  var tokensForTemplates: [String: String] { namedTokens.mapValues { vocabulary.text(of: $0) } }

  /// True for tokens that stand for no text: control tokens and unused ones.
  public func isControl(_ token: Int) -> Bool {
    guard vocabulary.kinds.indices.contains(token) else { return true }
    return vocabulary.kinds[token] == .control || vocabulary.kinds[token] == .unused
  }

  /// The bytes that a token adds to a text.
  public func bytes(of token: Int, skippingSpecialTokens: Bool = true) -> ArraySlice<UInt8> {
    skippingSpecialTokens && isControl(token) ? [] : vocabulary.bytes(of: token)
  }

  private func encodePlain(
    _ utf8: ArraySlice<UInt8>, into result: inout [Int], using work: inout BytePairEncoder.Workspace
  ) {
    let pieces = PreTokenizer(normalization.apply(utf8), splitting: splitting)
    pieces.forEachPiece { encoder.encode($0, into: &result, using: &work) }
  }

  private static func normalization(_ metadata: GGUFMetadata) throws(TokenizerError) -> TextNormalization? {
    let name = try metadata.reading { (file) throws(GGUFError) in
      try file.stringIfPresent("edgeassist.tokenizer.normalization")
    }
    guard let name else { return nil }
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
