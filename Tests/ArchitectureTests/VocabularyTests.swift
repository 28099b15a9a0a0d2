// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// A way of saying something that is not used here, and why.
private struct BannedWord: Sendable, CustomTestStringConvertible {
  let pattern: String
  let reason: String

  init(_ pattern: String, _ reason: String) {
    self.pattern = pattern
    self.reason = reason
  }

  var testDescription: String { pattern }
}

/// One word for one thing, and the word that transformers, llama.cpp and vLLM use.
private let bannedWords = [
  BannedWord(#"\bpictures?\b"#, "frame: one sampled image of a video; image: pixels"),
  BannedWord(#"\bgiv(e|es|ing) up\b|\bgave up\b|\bgiven up\b"#, "the KV cache evicts; people stop"),
  BannedWord(#"\bforese\w+|\bforetold\b|\bforecasts?\b"#, "proxy queries; estimated"),
  BannedWord(#"\blest\b|\bwithal\b|\bthereof\b|\bwherein\b|\bhence\b|\bmanieth\b"#, "plain technical English"),
  BannedWord(#"\balike\b|\blikewise\b"#, "say what holds for the second thing"),
  BannedWord(#"\bto be had\b"#, "available"),
  BannedWord(#"\bmeanwhile\b"#, "the caller polls between steps; nothing calls back up"),
  BannedWord(#"\brotary\b"#, "RoPE"),
  BannedWord(#"\bturned weights\b|\bturns? the (key|keys|weights|matrix)\b"#, "rotated keys (RoPE); repacked weights"),
  BannedWord(#"\bthe tail\b"#, "the text segment of the KV cache"),
  BannedWord(#"\bsquares? of patches\b"#, "spatial merge group"),
  BannedWord(#"\bpass(es)? over the cache\b|\bwhat passes\b"#, "compression"),
  BannedWord(#"\b(embedding|feed-forward) length\b"#, "hidden size, intermediate size"),
  BannedWord(#"\bwhat is held\b|\bhow much is held\b|\btokens held\b"#, "cached tokens"),
]

/// Documents and code that people read.
@Suite("Vocabulary")
struct VocabularyTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  @Test("A banned word occurs nowhere in sources, README, help and man page", arguments: bannedWords)
  private func absent(word: BannedWord) throws {
    let pattern = try Regex(word.pattern).ignoresCase()
    let files = try Self.files()
    #expect(files.count > 300, "the sources were not found")
    for file in files {
      let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
      for (number, line) in lines.enumerated() where line.firstMatch(of: pattern) != nil {
        let path = file.path.dropFirst(Self.root.path.count + 1)
        Issue.record("\(path):\(number + 1): \(line)\nSay instead: \(word.reason)")
      }
    }
  }

  @Test("Every pattern finds what it bans")
  func patternsMatch() throws {
    let samples = [
      "two pictures", "what a pass gives up", "ForeseenQueries", "lest it grow", "treated alike", "is to be had",
      "meanwhile", "rotary table", "turned weights", "the tail", "squares of patches", "what passes do",
      "embedding length", "tokens held",
    ]
    #expect(samples.count == bannedWords.count)
    for (word, sample) in zip(bannedWords, samples) {
      #expect(sample.firstMatch(of: try Regex(word.pattern).ignoresCase()) != nil, "\(word.pattern): \(sample)")
    }
  }

  /// Sources, the README, the contributors' pages and the man page (the help texts are in the sources).
  private static func files() throws -> [URL] {
    let endings: Set = ["swift", "c", "h", "inc", "md", "modulemap"]
    let sources =
      FileManager.default.enumerator(atPath: root.appending(path: "Sources").path)?
      .compactMap { $0 as? String } ?? []
    return sources.filter { endings.contains(($0 as NSString).pathExtension) }
      .map { root.appending(path: "Sources/\($0)") }
      + ["README.md", ".github/CONTRIBUTING.md", ".github/SECURITY.md", "Assets/edgeassist.1"]
      .map { root.appending(path: $0) }
  }
}
