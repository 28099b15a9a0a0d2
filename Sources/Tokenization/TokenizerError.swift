// SPDX-License-Identifier: Apache-2.0

import ModelFile

/// Why a file's vocabulary cannot be used, in words that a person can act on.
public enum TokenizerError: Error, Sendable, Hashable {
  /// An entry is missing, or is of the wrong type.
  case metadata(GGUFError)
  /// The file's tokenizer is not byte-level BPE (`gpt2` in GGUF's words).
  case unsupportedModel(path: String, model: String)
  /// The text is to be split in a way that is not known; nil if the file doesn't say how.
  case unsupportedPreTokenizer(path: String, name: String?)
  /// The vocabulary has no entries.
  case emptyVocabulary(path: String)
  /// The list of token types is not as long as the list of tokens.
  case typeCountMismatch(path: String, tokens: Int, types: Int)
  /// A merge is not two tokens of the vocabulary that make a third.
  case invalidMerge(path: String, index: Int, merge: String)
  /// An entry names a token that the vocabulary doesn't have.
  case tokenOutOfRange(path: String, key: String, token: Int, vocabularySize: Int)
  /// The file asks for a normalization other than `none` and `nfc`.
  case unsupportedNormalization(path: String, name: String)
  /// The chat format needs these tokens, and the vocabulary doesn't have them.
  case missingSpecialTokens(path: String, tokens: [String])
}

extension TokenizerError: CustomStringConvertible {
  /// One line: what is wrong with which file, and what to do.
  public var message: String {
    switch self {
    case .metadata(let error):
      error.message
    case .unsupportedModel(let path, let model):
      "\(path) has a tokenizer of the kind “\(model)”; byte-level BPE (“gpt2”) is read. "
        + "Use a Qwen, Llama 3 or SmolLM model."
    case .unsupportedPreTokenizer(let path, let name?):
      "\(path) splits text as “\(name)” does; known are "
        + TextSplitting.allCases.map { "“\($0.rawValue)”" }.joined(separator: ", ") + "."
    case .unsupportedPreTokenizer(let path, nil):
      "\(path) does not say how text is split (tokenizer.ggml.pre). Use a newer conversion of the model."
    case .emptyVocabulary(let path):
      "\(path) has an empty vocabulary. Convert the model again."
    case .typeCountMismatch(let path, let tokens, let types):
      "\(path) has \(tokens) tokens but \(types) token types. Convert the model again."
    case .invalidMerge(let path, let index, let merge):
      "\(path): merge \(index) (“\(merge)”) does not join two tokens to a third. Convert the model again."
    case .tokenOutOfRange(let path, let key, let token, let vocabularySize):
      "\(path): \(key) is \(token), but there are \(vocabularySize) tokens. Convert the model again."
    case .unsupportedNormalization(let path, let name):
      "\(path) wants its text normalized as “\(name)”; “none” and “nfc” are known. Convert the model again."
    case .missingSpecialTokens(let path, let tokens):
      "\(path) has no \(Self.listed(tokens)), which the conversation needs. Use a Qwen, Llama 3 or SmolLM model."
    }
  }

  public var description: String { message }

  /// The first of them, each cut to what can be read: a file's template decides how many and how long they are.
  private static func listed(_ tokens: [String]) -> String {
    let shown = tokens.prefix(8).map { String($0.unicodeScalars.prefix(40)) }.joined(separator: ", ")
    return tokens.count > 8 ? "\(shown) and \(tokens.count - 8) more" : shown
  }
}
