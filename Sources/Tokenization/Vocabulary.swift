// SPDX-License-Identifier: Apache-2.0

import ModelFile

/// The tokens' bytes, end to end in one array, and their kinds.
struct Vocabulary: Sendable {
  /// As `tokenizer.ggml.token_type` counts them.
  enum Kind: UInt8, Sendable {
    case normal = 1
    case unknown = 2
    case control = 3
    case userDefined = 4
    case unused = 5
    case byte = 6

    /// Control and user-defined tokens are found in text as they are and never made by merging.
    var isSpecial: Bool { self == .control || self == .userDefined }
  }

  private let bytes: [UInt8]
  /// Where each token's bytes start; one more entry than tokens.
  private let starts: [Int]
  let kinds: [Kind]

  var count: Int { kinds.count }

  init(metadata: GGUFMetadata) throws(TokenizerError) {
    let tokens = try metadata.stringArray("tokenizer.ggml.tokens")
    guard tokens.count > 0 else { throw .emptyVocabulary(path: metadata.path) }
    let kinds = try Self.kinds(metadata, count: tokens.count)
    var bytes: [UInt8] = []
    var starts = [0]
    starts.reserveCapacity(tokens.count + 1)
    _ = tokens.forEachString { index, utf8 in
      if kinds[index].isSpecial || kinds[index] == .unused {
        ByteLevelAlphabet.appendLiteral(utf8, to: &bytes)
      } else {
        ByteLevelAlphabet.appendBytes(spelling: utf8, to: &bytes)
      }
      starts.append(bytes.count)
    }
    // Fewer only if the file was changed underneath: then the rest stands for nothing.
    while starts.count <= tokens.count { starts.append(bytes.count) }
    self.bytes = bytes
    self.starts = starts
    self.kinds = kinds
  }

  /// The token's bytes; none for a number that is not in the vocabulary.
  func bytes(of token: Int) -> ArraySlice<UInt8> {
    guard kinds.indices.contains(token) else { return [] }
    return bytes[starts[token]..<starts[token + 1]]
  }

  func text(of token: Int) -> String { String(decoding: bytes(of: token), as: UTF8.self) }

  /// Absent types mean that all tokens are normal; so does a type that nobody has named yet.
  private static func kinds(_ metadata: GGUFMetadata, count: Int) throws(TokenizerError) -> [Kind] {
    let types = try metadata.reading { (metadata) throws(GGUFError) in
      try metadata.integersIfPresent("tokenizer.ggml.token_type")
    }
    guard let types else { return [Kind](repeating: .normal, count: count) }
    guard types.count == count else {
      throw .typeCountMismatch(path: metadata.path, tokens: count, types: types.count)
    }
    return types.map { UInt8(exactly: $0).flatMap(Kind.init) ?? .normal }
  }
}

extension GGUFMetadata {
  /// The value of a getter, its error as one of the tokenizer's.
  func reading<Value>(_ getter: (GGUFMetadata) throws(GGUFError) -> Value) throws(TokenizerError) -> Value {
    do {
      return try getter(self)
    } catch {
      throw .metadata(error)
    }
  }

  /// An array whose elements are strings.
  func stringArray(_ key: String) throws(TokenizerError) -> GGUFArray {
    let array = try reading { (metadata) throws(GGUFError) in try metadata.array(key) }
    guard array.elementType == .string else {
      throw .metadata(
        .wrongType(path: path, key: key, expected: "an array of strings", found: "array of \(array.elementType)"))
    }
    return array
  }
}
