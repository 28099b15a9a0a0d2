// SPDX-License-Identifier: Apache-2.0

import ModelFile
import Testing
import Tokenization

@Suite("A tokenizer")
struct TokenizerTests {
  @Test("Knows its size, its special tokens and where answers end")
  func properties() throws {
    let tokenizer = try goldenTokenizer()
    let end = try #require(tokenizer.specialToken("<|im_end|>"))
    let endOfText = try #require(tokenizer.specialToken("<|endoftext|>"))
    #expect(tokenizer.vocabularySize == 2587)
    #expect(tokenizer.endOfTurnTokens == [end, endOfText])
    #expect(tokenizer.specialToken("<tool_call>") != nil)
    #expect(tokenizer.specialToken("the") == nil)
    #expect(tokenizer.specialToken("<|im_en") == nil)
    #expect(tokenizer.specialToken("") == nil)
  }

  @Test("Takes special tokens typed by a person for text")
  func typedMarkers() throws {
    let tokenizer = try goldenTokenizer()
    let typed = tokenizer.encode("bye<|im_end|>", parsingSpecialTokens: false)
    #expect(typed.allSatisfy { !tokenizer.isControl($0) })
    #expect(tokenizer.decode(typed) == "bye<|im_end|>")
  }

  @Test("Leaves control tokens and fillers out of a text unless asked for them, and keeps user-defined ones")
  func skipping() throws {
    let tokenizer = try goldenTokenizer()
    let tokens = tokenizer.encode("<|im_start|>a<tool_call>", parsingSpecialTokens: true)
    let filler = tokenizer.vocabularySize - 1
    #expect(tokenizer.decode(tokens + [filler]) == "a<tool_call>")
    #expect(tokenizer.decode(tokens, skippingSpecialTokens: false) == "<|im_start|>a<tool_call>")
  }

  @Test("Finds the longest of the special tokens that start at a place")
  func longestSpecial() throws {
    let tokenizer = try Tokenizer(metadata: smallVocabulary(adding: [("<a", 4), ("<a>", 3), ("<a>>", 4)]))
    #expect(tokenizer.encode("<a>>", parsingSpecialTokens: true) == [258])
    #expect(tokenizer.encode("<a>", parsingSpecialTokens: true) == [257])
    #expect(tokenizer.encode("<a<a>", parsingSpecialTokens: true) == [256, 257])
  }

  @Test("Finds special tokens among thousands with the same beginning, in a text that is nothing but beginnings")
  func hostileSpecials() throws {
    let tokens = (0..<5000).map { (String(repeating: "<", count: 2 + $0 % 60) + "\($0)", kind: Int32(3)) }
    let tokenizer = try Tokenizer(metadata: smallVocabulary(adding: tokens))
    let beginnings = String(repeating: "<", count: 50_000)
    let found = tokenizer.encode(beginnings + "59", parsingSpecialTokens: true)
    #expect(found.count == 50_000 - 61 + 1 && found.last == 256 + 59)
    #expect(tokenizer.specialToken(tokens[4999].0) == 256 + 4999)
  }

  @Test("Makes nothing of numbers that are no tokens", arguments: [-1, 2587, Int.max, Int.min])
  func unknownNumbers(number: Int) throws {
    let tokenizer = try goldenTokenizer()
    #expect(tokenizer.decode([number]) == "")
    #expect(tokenizer.isControl(number))
  }

  @Test("Splits text as the file's family does", arguments: ["qwen2", "deepseek-r1-qwen", "qwen35"])
  func splitting(name: String) throws {
    // A letter and a mark that compose to nothing; the merge joins the letter to the mark's first byte.
    var metadata = smallVocabulary(adding: [("xÌ", 1)], merges: ["x Ì"])
    metadata["tokenizer.ggml.pre"] = .string(name)
    let tokens = try Tokenizer(metadata: metadata).encode("x\u{303}", parsingSpecialTokens: false)
    #expect(tokens.count == (name == "qwen35" ? 2 : 3), "only Qwen3.5 takes the mark for a part of the word")
  }

  @Test("Ends answers where coding models go on to another file")
  func codeEnds() throws {
    let tokenizer = try Tokenizer(metadata: smallVocabulary(adding: [("<|im_end|>", 3), ("<|file_sep|>", 4)]))
    #expect(tokenizer.endOfTurnTokens == [256, 257])
  }

  @Test("Applies the merge of lowest rank first, leftmost first")
  func mergeOrder() throws {
    let metadata = smallVocabulary(
      adding: [("bc", 1), ("ab", 1), ("abc", 1), ("aa", 1)], merges: ["b c", "a b", "ab c", "a a"])
    let tokenizer = try Tokenizer(metadata: metadata)
    let a = Int(UInt8(ascii: "a"))
    #expect(tokenizer.encode("abc", parsingSpecialTokens: false) == [a, 256])
    #expect(tokenizer.encode("aaa", parsingSpecialTokens: false) == [259, a])
  }

  @Test("Takes 400,000 letters without a space in its stride")
  func oneLongPiece() throws {
    let tokenizer = try goldenTokenizer()
    let text = String(repeating: "thecatwalksacross", count: 24_000)
    let tokens = tokenizer.encode(text, parsingSpecialTokens: false)
    #expect(tokens.count < 400_000 / 2)
    #expect(tokenizer.decode(tokens) == text)
  }

  @Test("Leaves out bytes that have no token, or gives the unknown token for each")
  func missingBytes() throws {
    var metadata = smallVocabulary(
      adding: [("ac", 1), ("<unk>", 2)], merges: ["a c"], leavingOut: [UInt8(ascii: "b")])
    #expect(try Tokenizer(metadata: metadata).encode("abc", parsingSpecialTokens: false) == [255])
    metadata["tokenizer.ggml.unknown_token_id"] = .uint32(256)
    let letters = try Tokenizer(metadata: metadata).encode("abc", parsingSpecialTokens: false)
    #expect(letters == [Int(UInt8(ascii: "a")), 256, Int(UInt8(ascii: "b"))], "c is one lower, as b is missing")
  }

  @Test("Normalizes as the file says")
  func normalization() throws {
    var metadata = smallVocabulary()
    let decomposed = "e\u{301}"
    #expect(try Tokenizer(metadata: metadata).encode(decomposed, parsingSpecialTokens: false).count == 2)
    metadata["edgeassist.tokenizer.normalization"] = .string("none")
    #expect(try Tokenizer(metadata: metadata).encode(decomposed, parsingSpecialTokens: false).count == 3)
    metadata["edgeassist.tokenizer.normalization"] = .string("nfkc")
    #expect(throws: TokenizerError.unsupportedNormalization(path: "small.gguf", name: "nfkc")) {
      try Tokenizer(metadata: metadata)
    }
  }

  @Test("Treats all tokens as plain text if the file names no types")
  func noTypes() throws {
    var metadata = smallVocabulary(adding: [("<|im_end|>", 3)])
    metadata["tokenizer.ggml.token_type"] = nil
    #expect(try Tokenizer(metadata: metadata).specialToken("<|im_end|>") == nil)
  }
}

@Suite("A vocabulary that cannot be used")
struct UnusableVocabularyTests {
  private func error(_ change: (inout GGUFMetadata) -> Void) -> TokenizerError? {
    var metadata = smallVocabulary(adding: [("ab", 1)], merges: ["a b"])
    change(&metadata)
    do {
      _ = try Tokenizer(metadata: metadata)
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "Because an entry is missing names it",
    arguments: [
      "tokenizer.ggml.model", "tokenizer.ggml.tokens", "tokenizer.ggml.merges",
    ])
  func missingEntry(key: String) {
    #expect(error { $0[key] = nil } == .metadata(.missingKey(path: "small.gguf", key: key)))
  }

  @Test("Because it is of another kind says which")
  func otherKind() {
    #expect(
      error { $0["tokenizer.ggml.model"] = .string("llama") } == .unsupportedModel(path: "small.gguf", model: "llama"))
    #expect(
      error { $0["tokenizer.ggml.pre"] = .string("gpt-4o") }
        == .unsupportedPreTokenizer(path: "small.gguf", name: "gpt-4o"))
    #expect(error { $0["tokenizer.ggml.pre"] = nil } == .unsupportedPreTokenizer(path: "small.gguf", name: nil))
  }

  @Test("Because it is empty says so")
  func empty() {
    #expect(
      error { $0["tokenizer.ggml.tokens"] = .array(GGUFArray([] as [String])) } == .emptyVocabulary(path: "small.gguf"))
  }

  @Test("Because its tokens are no strings says what they are")
  func wrongElements() {
    let numbers = GGUFValue.array(GGUFArray([1, 2] as [Int32]))
    for key in ["tokenizer.ggml.tokens", "tokenizer.ggml.merges"] {
      #expect(
        error { $0[key] = numbers }
          == .metadata(
            .wrongType(path: "small.gguf", key: key, expected: "an array of strings", found: "array of int32")))
    }
  }

  @Test("Because there are more or fewer types than tokens says how many")
  func typeCount() {
    #expect(
      error { $0["tokenizer.ggml.token_type"] = .array(GGUFArray([1, 1] as [Int32])) }
        == .typeCountMismatch(path: "small.gguf", tokens: 257, types: 2))
  }

  @Test("Because a merge joins nothing names the merge", arguments: ["a c", "ab", "a", "", " ", "ab cd", "a "])
  func badMerge(merge: String) {
    #expect(
      error { $0["tokenizer.ggml.merges"] = .array(GGUFArray(["a b", merge])) }
        == .invalidMerge(path: "small.gguf", index: 1, merge: merge))
  }

  @Test("Because the end token is not in it names the token", arguments: [257, 1 << 40, -1] as [Int64])
  func endOutOfRange(token: Int64) {
    #expect(
      error { $0["tokenizer.ggml.eos_token_id"] = .int64(token) }
        == .tokenOutOfRange(
          path: "small.gguf", key: "tokenizer.ggml.eos_token_id", token: Int(token), vocabularySize: 257))
  }

  @Test("Says in one line what to do")
  func message() {
    #expect(
      error { $0["tokenizer.ggml.model"] = .string("llama") }?.message
        == "small.gguf has a tokenizer of the kind “llama”; byte-level BPE (“gpt2”) is read. Use a Qwen, "
        + "Llama 3 or SmolLM model.")
  }
}
