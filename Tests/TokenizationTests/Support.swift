// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelFile
import Testing
import Tokenization

/// The reference's tokens of texts and texts of tokens: Goldens/cases.json.
struct TokenizerCases: Decodable {
  struct Text: Decodable {
    let text: String
    /// Special tokens parsed, characters composed.
    let ids: [Int]
    /// Special tokens taken as text; left out where equal to `ids`.
    let plain: [Int]?
    /// Special tokens parsed, characters not composed; left out where equal to `ids`.
    let raw: [Int]?
  }

  struct Sequence: Decodable {
    let ids: [Int]
    let text: String
    /// With special tokens.
    let full: String
  }

  let texts: [Text]
  let ids: [Sequence]

  init() throws {
    self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: URL(filePath: goldenPath("cases.json"))))
  }
}

func goldenPath(_ name: String) throws -> String {
  try #require(Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Goldens")).path
}

/// The vocabulary that the reference's cases were made with.
func goldenTokenizer(normalization: TextNormalization? = nil) throws -> Tokenizer {
  try Tokenizer(metadata: GGUFFile(path: goldenPath("vocabulary.gguf")).metadata, normalization: normalization)
}

/// Strings are compared by their bytes: Swift holds composed and decomposed characters equal.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// The metadata of a small vocabulary: all 256 bytes, then these tokens.
func smallVocabulary(
  adding tokens: [(String, kind: Int32)] = [], merges: [String] = [], leavingOut: Set<UInt8> = []
) -> GGUFMetadata {
  let alphabet = (UInt8.min...UInt8.max).filter { !leavingOut.contains($0) }.map(standIn)
  return GGUFMetadata(
    path: "small.gguf",
    [
      "tokenizer.ggml.model": .string("gpt2"),
      "tokenizer.ggml.pre": .string("qwen2"),
      "tokenizer.ggml.tokens": .array(GGUFArray(alphabet + tokens.map(\.0))),
      "tokenizer.ggml.token_type": .array(GGUFArray(alphabet.map { _ in 1 } + tokens.map(\.kind))),
      "tokenizer.ggml.merges": .array(GGUFArray(merges)),
    ])
}

/// The character that spells a byte in a vocabulary.
func standIn(_ byte: UInt8) -> String {
  let isItself = { (byte: UInt8) in (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE }
  let value = isItself(byte) ? UInt32(byte) : 256 + UInt32((0..<byte).count { !isItself($0) })
  return Unicode.Scalar(value).map(String.init) ?? ""
}

/// The golden vocabulary with a chat template.
func templatedTokenizer(_ template: String?, addsBeginning: Bool = false) throws -> Tokenizer {
  var metadata = GGUFMetadata(path: "small.gguf", from: try GGUFFile(path: goldenPath("vocabulary.gguf")).metadata)
  metadata["tokenizer.chat_template"] = template.map { .string($0) }
  metadata["tokenizer.ggml.bos_token_id"] = metadata["tokenizer.ggml.padding_token_id"]
  metadata["tokenizer.ggml.add_bos_token"] = .bool(addsBeginning)
  return try Tokenizer(metadata: metadata)
}

extension GGUFMetadata {
  /// Another file's entries under this path.
  init(path: String, from other: GGUFMetadata) {
    self.init(path: path)
    for key in other.keys { self[key] = other[key] }
  }
}
