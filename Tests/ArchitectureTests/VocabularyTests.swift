// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// A way of saying something that is not used here, and why.
private struct BannedWord: Sendable, CustomTestStringConvertible {
  let pattern: String
  let reason: String
  /// What the pattern has to find, in prose and in names.
  let samples: [String]

  init(_ pattern: String, _ reason: String, in samples: String...) {
    self.pattern = pattern
    self.reason = reason
    self.samples = samples
  }

  var testDescription: String { pattern }

  /// ICU's, because Swift's own takes a minute for all words and files.
  func regex() throws -> NSRegularExpression { try NSRegularExpression(pattern: pattern, options: .caseInsensitive) }
}

/// One word for one thing, and the word that transformers, llama.cpp and vLLM use.
private let bannedWords = [
  BannedWord(
    #"\bpictures?\b"#, "frame: one sampled image of a video; image: pixels",
    in: "two pictures", "picturesSeen", "PICTURE_SIZE", "RGBPicture"),
  BannedWord(
    #"\bgiv(e|es|ing) up\b|\bgave up\b|\bgiven up\b"#, "the KV cache evicts; people stop",
    in: "what a pass gives up", "tokensGivenUp"),
  BannedWord(
    #"\bforese\w+|\bforetold\b|\bforecasts?\b"#, "proxy queries; estimated", in: "ForeseenQueries", "MemoryForecast"),
  BannedWord(
    #"\blest\b|\bwithal\b|\bthereof\b|\bwherein\b|\bhence\b|\bmanieth\b"#, "plain technical English",
    in: "lest it grow"),
  BannedWord(#"\balike\b|\blikewise\b"#, "say what holds for the second thing", in: "treated alike", "areAlike"),
  BannedWord(#"\bto be had\b"#, "available", in: "is to be had"),
  BannedWord(#"\bmeanwhile\b"#, "the caller polls between steps; nothing calls back up", in: "see(meanwhile:)"),
  BannedWord(#"\brotary\b"#, "RoPE", in: "rotary table", "RotaryTimeline", "rotary_scheme"),
  BannedWord(
    #"\bturned weights\b|\bturns? (the )?(keys?|weights|matrix)\b|\bkey turner\b"#,
    "rotated keys (RoPE); repacked weights", in: "TurnedWeights", "turnKey", "KeyTurner", "turns the keys"),
  BannedWord(#"\bthe tail\b"#, "the text segment of the KV cache", in: "the tail"),
  BannedWord(#"\bsquares? of patches\b"#, "spatial merge group", in: "squares of patches"),
  BannedWord(#"\bpass(es)? over the cache\b|\bwhat passes\b"#, "compression", in: "what passes do"),
  BannedWord(
    #"\b(embedding|feed-forward) length\b"#, "hidden size, intermediate size",
    in: "embedding length", "embeddingLength"),
  BannedWord(
    #"\bwhat is held\b|\bhow much is held\b|\btokens held\b|\bheld tokens\b"#, "cached tokens",
    in: "tokens held", "heldTokens"),
]

/// Where a banned word is not ours to change.
private let namesOfOthers = [
  "VisionRotaryEmbedding",  // a class of transformers
  "embedding_length",  // a key of GGUF
  "`foreseen-questions`", "`--picture`",  // options of before, in the change list
  "house picture try",  // from the vocabulary of a random model
]

/// Documents and code that people read.
@Suite("Vocabulary")
struct VocabularyTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Read and split once, for all words.
  private static let files = Result { try readFiles() }

  @Test("A banned word occurs nowhere in code, documents, help, man page and completions", arguments: bannedWords)
  private func absent(word: BannedWord) throws {
    let pattern = try word.regex()
    let files = try Self.files.get()
    #expect(files.count > 500, "the sources were not found")
    for file in files where occurs(pattern, in: file.words) {
      for (number, line) in file.text.components(separatedBy: "\n").enumerated() {
        let ours = namesOfOthers.reduce(line) { $0.replacingOccurrences(of: $1, with: "") }
        guard occurs(pattern, in: Self.words(of: ours)) else { continue }
        Issue.record("\(file.text.prefix { $0 != "\n" }):\(number): \(line)\nSay instead: \(word.reason)")
      }
    }
  }

  @Test("Every pattern finds what it bans, in names too", arguments: bannedWords)
  private func patternsMatch(word: BannedWord) throws {
    let pattern = try word.regex()
    #expect(!word.samples.isEmpty)
    for sample in word.samples {
      #expect(occurs(pattern, in: Self.words(of: sample)), "\(word.pattern): \(sample)")
    }
  }

  @Test("Names are split into their words")
  func names() {
    #expect(
      Self.words(of: "framesSeen, frame_grid, HTTPServer2Go; f16KVCache")
        == "frames Seen, frame grid, HTTP Server2 Go; f16 KV Cache")
  }

  private func occurs(_ pattern: NSRegularExpression, in text: String) -> Bool {
    pattern.firstMatch(in: text, range: NSRange(location: 0, length: text.utf16.count)) != nil
  }

  // MARK: Files

  /// A file's text. Line 0 is its path, since folders and files have names too.
  private struct File {
    let text: String
    /// The text with the words of every name apart.
    let words: String

    init(text: String) {
      self.text = text
      words = VocabularyTests.words(of: text)
    }
  }

  private static func readFiles() throws -> [File] {
    let endings: Set = ["swift", "c", "h", "inc", "md", "modulemap", "py", "sh", "1", "bash", "fish", "zsh"]
    let folders = ["Sources", "Tests", "Assets", ".github", ".ci"].flatMap { folder in
      (FileManager.default.enumerator(atPath: root.appending(path: folder).path)?.compactMap { $0 as? String } ?? [])
        .map { "\(folder)/\($0)" }
    }
    // This file is about the words.
    let paths = folders.filter {
      endings.contains(($0 as NSString).pathExtension) && !$0.hasSuffix("/VocabularyTests.swift")
    }
    return try (["README.md", "Package.swift"] + paths).map { path in
      File(text: path + "\n" + (try String(contentsOf: root.appending(path: path), encoding: .utf8)))
    }
  }

  /// A text with the words of every name apart: `framesSeen` and `frame_seen` as `frames Seen` and `frame seen`.
  private static func words(of text: String) -> String {
    let bytes = Array(text.utf8)
    var words: [UInt8] = []
    words.reserveCapacity(bytes.count * 9 / 8)
    for (index, byte) in bytes.enumerated() {
      guard index > 0, byte.isUppercase else {
        words.append(byte == UInt8(ascii: "_") ? UInt8(ascii: " ") : byte)
        continue
      }
      let before = bytes[index - 1]
      let endsAbbreviation = before.isUppercase && index + 1 < bytes.count && bytes[index + 1].isLowercase
      if before.isLowercase || before.isDigit || endsAbbreviation { words.append(UInt8(ascii: " ")) }
      words.append(byte)
    }
    return String(decoding: words, as: UTF8.self)
  }
}

extension UInt8 {
  fileprivate var isUppercase: Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }
  fileprivate var isLowercase: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }
  fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
