// SPDX-License-Identifier: Apache-2.0

/// How text is split into the pieces within which bytes are merged (`tokenizer.ggml.pre`).
enum TextSplitting: String, Sendable, CaseIterable {
  /// Qwen2 to Qwen3, their vision and coding models, and LLaVA-OneVision, which is built on Qwen2.
  case qwen2
  /// The same under the name that conversions of DeepSeek's distilled Qwen models carry.
  case deepseekQwen = "deepseek-r1-qwen"
  /// Qwen3.5: marks such as accents go with the letters.
  case qwen35
  /// Llama 3: numbers are cut after three digits, and a piece that is a token is taken whole.
  case llama3 = "llama-bpe"
  /// LFM2 and LFM2.5: as Llama 3.
  case lfm2
  /// SmolLM and SmolLM2: each digit is a piece, and what lies between is split as GPT-2 does.
  case smolLM = "smollm"

  var marksAreLetters: Bool { self == .qwen35 }
  /// Whether text is split as Llama 3 does.
  private var isLlama3: Bool { self == .llama3 || self == .lfm2 }
  /// Digits of the longest piece of a number.
  var numberLength: Int { isLlama3 ? 3 : 1 }
  /// Whether a piece that is a token is that token, whatever merges would make of it; transformers' `ignore_merges`.
  var takesWholePieces: Bool { isLlama3 }
  /// The normalization of the models' own tokenizers.
  var normalization: TextNormalization { isLlama3 || self == .smolLM ? .none : .nfc }
  /// Whether a prompt begins with the beginning-of-sequence token where the file does not say.
  var addsBeginning: Bool { isLlama3 }
}

/// Splits text into the pieces within which bytes are merged.
///
/// For `qwen2` the rule is the pattern of Qwen2's tokenizer, alternatives tried in this order at each index; for
/// `qwen35`, `\p{L}` stands for `[\p{L}\p{M}]`, and for `llama3` and `lfm2`, `\p{N}` for `\p{N}{1,3}`:
///
///     (?i:'s|'t|'re|'ve|'m|'ll|'d)
///     [^\r\n\p{L}\p{N}]?\p{L}+
///     \p{N}
///      ?[^\s\p{L}\p{N}]+[\r\n]*
///     \s*[\r\n]+
///     \s+(?!\S)
///     \s+
///
/// For `smolLM` each `\p{N}` is a piece. What stands between them is split by itself with GPT-2's pattern:
///
///     's|'t|'re|'ve|'m|'ll|'d
///      ?\p{L}+
///      ?[^\s\p{L}\p{N}]+
///     \s+(?!\S)
///     \s+
///
/// Every character is taken by one of them, so the pieces make up the text.
struct PreTokenizer {
  private let utf8: ArraySlice<UInt8>
  private let splitting: TextSplitting

  /// - Parameter utf8: valid UTF-8.
  init(_ utf8: ArraySlice<UInt8>, splitting: TextSplitting) {
    self.utf8 = utf8
    self.splitting = splitting
  }

  func forEachPiece(_ body: (ArraySlice<UInt8>) -> Void) {
    guard splitting == .smolLM else { return forEachPiece(endingAt: pieceEnd, body) }
    var start = utf8.startIndex
    while start < utf8.endIndex {
      let end = numberStart(from: start)
      let between = PreTokenizer(utf8[start..<end], splitting: splitting)
      between.forEachPiece(endingAt: between.gpt2PieceEnd, body)
      start = end
      if end < utf8.endIndex {
        start = character(at: end).next
        body(utf8[end..<start])
      }
    }
  }

  private func forEachPiece(endingAt end: (Int) -> Int, _ body: (ArraySlice<UInt8>) -> Void) {
    var start = utf8.startIndex
    while start < utf8.endIndex {
      let end = end(start)
      body(utf8[start..<end])
      start = end
    }
  }

  private func pieceEnd(from start: Int) -> Int {
    if let end = contractionEnd(from: start) { return end }
    let (first, second) = character(at: start)
    switch first {
    case .letter:
      return run(of: .letter, from: second)
    case .number:
      var end = second
      for _ in 1..<splitting.numberLength where end < utf8.endIndex {
        let (kind, next) = character(at: end)
        if kind == .number { end = next } else { break }
      }
      return end
    case .lineBreak:
      return whitespaceEnd(from: start)
    case .space, .otherSpace, .other:
      let following = second < utf8.endIndex ? character(at: second).0 : nil
      if following == .letter { return run(of: .letter, from: second) }
      if first == .other || (first == .space && following == .other) {
        return run(of: .lineBreak, from: run(of: .other, from: second))
      }
      return whitespaceEnd(from: start)
    }
  }

  /// The end of a piece by GPT-2's pattern, in a text without numbers.
  private func gpt2PieceEnd(from start: Int) -> Int {
    if let end = contractionEnd(from: start), utf8[start..<end].dropFirst().allSatisfy({ (0x61...0x7A).contains($0) }) {
      return end
    }
    let (first, second) = character(at: start)
    guard first.isWhitespace else { return run(of: first, from: second) }
    if first == .space, second < utf8.endIndex {
      let (following, next) = character(at: second)
      if !following.isWhitespace { return run(of: following, from: next) }
    }
    return whitespaceEnd(from: start, endingAtLineBreaks: false)
  }

  /// Where the next number stands; the end of the text if there is none.
  private func numberStart(from start: Int) -> Int {
    var end = start
    while end < utf8.endIndex {
      let (kind, next) = character(at: end)
      if kind == .number { break }
      end = next
    }
    return end
  }

  /// `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll`, `'d` in either case; nil elsewhere.
  private func contractionEnd(from start: Int) -> Int? {
    guard utf8[start] == UInt8(ascii: "'"), start + 1 < utf8.endIndex else { return nil }
    let first = utf8[start + 1] | 0x20
    switch first {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return start + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"), UInt8(ascii: "l"):
      guard start + 2 < utf8.endIndex else { return nil }
      let second = utf8[start + 2] | 0x20
      return second == (first == UInt8(ascii: "l") ? first : UInt8(ascii: "e")) ? start + 3 : nil
    default:
      // U+017F, the long s, is an s to a pattern that ignores case.
      return utf8[(start + 1)...].starts(with: [0xC5, 0xBF]) ? start + 3 : nil
    }
  }

  /// The last three alternatives: up to the last line break of the run of whitespace if it has one; otherwise the run
  /// without its last character, which belongs to what follows; all of it at the end of the text or if it is one.
  private func whitespaceEnd(from start: Int, endingAtLineBreaks: Bool = true) -> Int {
    var end = start
    var last = start
    var lastLineBreakEnd: Int?
    while end < utf8.endIndex {
      let (kind, next) = character(at: end)
      guard kind.isWhitespace else { break }
      last = end
      end = next
      if kind == .lineBreak, endingAtLineBreaks { lastLineBreakEnd = end }
    }
    if let lastLineBreakEnd { return lastLineBreakEnd }
    return end == utf8.endIndex || last == start ? end : last
  }

  private func run(of kind: CharacterKind, from start: Int) -> Int {
    var end = start
    while end < utf8.endIndex {
      let (found, next) = character(at: end)
      guard found == kind else { break }
      end = next
    }
    return end
  }

  /// The kind of the character at an index, and the index of the next one.
  private func character(at index: Int) -> (CharacterKind, next: Int) {
    let lead = utf8[index]
    if lead < 0x80 { return (CharacterKind.ascii[Int(lead)], index + 1) }
    let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    var value = UInt32(lead) & (0x7F >> UInt32(length))
    for byte in utf8[(index + 1)...].prefix(length - 1) { value = value << 6 | UInt32(byte & 0x3F) }
    return (CharacterKind(value, marksAreLetters: splitting.marksAreLetters), min(index + length, utf8.endIndex))
  }
}
