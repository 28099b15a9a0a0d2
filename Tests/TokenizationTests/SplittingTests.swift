// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelFile
import Testing
import Tokenization

/// Vocabularies whose text is split by other rules than Qwen2's; see Goldens/make_splitting_goldens.py.
@Suite("Text is split as the models' own tokenizers do")
struct SplittingTests {
  private struct Case: Decodable {
    let text: String
    let ids: [Int]
  }

  private static let names = ["llama-bpe", "smollm"]

  private func tokenizer(_ name: String) throws -> Tokenizer {
    try Tokenizer(metadata: GGUFFile(path: goldenPath(name + ".gguf")).metadata)
  }

  private func cases(_ name: String) throws -> [Case] {
    try JSONDecoder().decode([Case].self, from: Data(contentsOf: URL(filePath: goldenPath(name + "-cases.json"))))
  }

  @Test("Tokens are those of the reference", arguments: names)
  func reference(name: String) throws {
    let tokenizer = try tokenizer(name)
    let cases = try cases(name)
    #expect(cases.count > 250)
    for item in cases {
      #expect(tokenizer.encode(item.text, parsingSpecialTokens: true) == item.ids, "\(item.text.debugDescription)")
    }
  }

  @Test("And give the text back byte for byte", arguments: names)
  func roundTrip(name: String) throws {
    let tokenizer = try tokenizer(name)
    for item in try cases(name) {
      let tokens = tokenizer.encode(item.text, parsingSpecialTokens: true)
      #expect(bytes(tokenizer.decode(tokens)) == bytes(item.text))
    }
  }

  @Test("Characters are not composed", arguments: names)
  func asTheyAre(name: String) throws {
    #expect(try tokenizer(name).normalization == TextNormalization.none)
  }

  @Test("A piece that is a token is taken whole where the models' own tokenizer does")
  func wholePieces() throws {
    for (name, isWhole) in [("llama-bpe", true), ("smollm", false)] {
      let tokenizer = try tokenizer(name)
      let last = tokenizer.vocabularySize - 1
      #expect(tokenizer.decode([last]) == " unreachable")
      #expect(tokenizer.encode("it is unreachable", parsingSpecialTokens: false).contains(last) == isWhole)
    }
  }
}
