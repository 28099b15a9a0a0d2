// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// A way of saying something that is not used here, and why.
private struct BannedWord: Sendable, CustomTestStringConvertible {
  let pattern: String
  let reason: String
  /// Text that the pattern has to find, in prose and in names.
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
private let fieldWords = [
  BannedWord(
    #"\bpictures?\b"#, "frame: one sampled image of a video; image: pixels",
    in: "two pictures", "picturesSeen", "PICTURE_SIZE", "RGBPicture"),
  BannedWord(
    #"\bgiv(e|es|ing) up\b|\bgave up\b|\bgiven up\b"#, "the KV cache evicts; people stop",
    in: "what a pass gives up", "tokensGivenUp"),
  BannedWord(
    #"\bforese\w+|\bforetold\b|\bforecasts?\b|\busual questions\b"#, "proxy queries; estimated",
    in: "ForeseenQueries", "MemoryForecast", "usualQuestions"),
  BannedWord(#"\brotary\b"#, "RoPE", in: "rotary table", "RotaryTimeline", "RotaryScheme", "rotary_scheme"),
  BannedWord(
    #"\bturned weights\b|\bturns? (the )?(keys?|weights|matrix)\b|\bck turns?\b"#, "repacked weights; rotated keys",
    in: "TurnedWeights", "ck_turn", "turnsWeights", "turns the keys"),
  BannedWord(
    #"\bkey turners?\b|\btime rotations?\b|\bturning\b|\bhalf turns?\b"#,
    "RoPE: rotated keys, rotate_half, M-RoPE sections", in: "KeyTurner", "TimeRotation", "Turning", "half_turn"),
  BannedWord(
    #"\bthe tail\b|\btail (count|tokens?|aside)\b|\bthe talk\b|\battend to talk\b|\btalk (segment|tokens?|count)\b"#,
    "the text segment of the KV cache; the conversation",
    in: "the tail", "tailCount", "the talk", "framesNeverAttendToTalk", "talkTokens"),
  BannedWord(
    #"\baside\b"#, "parked text; reserved memory; on a thread of its own",
    in: "set aside", "setTailAside", "asideCount", "CacheAside"),
  BannedWord(
    #"\bsquares? of patches\b|\b(square|merged) length\b"#, "spatial merge group, merged size",
    in: "squares of patches", "squareLength", "mergedLength"),
  BannedWord(
    #"\bpass(es)? over the cache\b|\bwhat passes\b|\bpass (report|summary|done)\b|\brun pass\b"#, "compression",
    in: "what passes do", "PassReport", "passDone", "runPass"),
  BannedWord(
    #"\b(embedding|feed[- ]forward) length\b"#, "hidden size, intermediate size",
    in: "embedding length", "embeddingLength", "feedForwardLength"),
  BannedWord(
    #"\bwhat is held\b|\bhow much is held\b|\btokens held\b|\bheld tokens\b"#, "cached tokens",
    in: "tokens held", "heldTokens"),
  BannedWord(
    #"\brecall(ed|ing)? (tiers?|files?|memory|options|size|cache|unusable|pages?|tokens?)\b|[-+]recall\b"#,
    "KV offload and retrieval", in: "RecallTier", "RecallFile", "--recall", "+recall", "recall_unusable"),
  BannedWord(
    #"\b(waiting|steady) pages\b"#, "PageWriteBuffer, PageHysteresis", in: "WaitingPages", "SteadyPages"),
  BannedWord(#"\bhead profiles?\b"#, "head budget profile", in: "HeadProfile", "head profiles"),
  BannedWord(#"\bframe grid\b"#, "GridTHW, as grid_thw of transformers", in: "FrameGrid", "frame_grid"),
  BannedWord(
    #"\bplaces?\s*[:=]\s*\.(held|origin)\b|\b(true|timeline)[ -]places?\b|\bcompact time\b"#,
    "alignment: patch-aligned or by slot; positions are re-indexed",
    in: "places: .held", "places = .origin", "true-places", "timelinePlace", "compactTime"),
  BannedWord(#"\bbefore-time\b"#, "pre-rope: keys compared without temporal RoPE", in: "before-time"),
  BannedWord(#"\btrue-pooling\b"#, "patch-pooling", in: "true-pooling"),
  BannedWord(
    #"\b(kept|recent|temporal) shares?\b"#, "targetRatio, recentRatio, alpha",
    in: "keptShare", "recentShare", "temporalShare"),
  BannedWord(#"\bkv-variant best\b|\+best\b"#, "the variant by its name", in: "--kv-variant best", "infinipot-v+best"),
  BannedWord(
    #"\bweight use\b|\bquantized rows\b"#, "WeightLayout, QuantizedActivations", in: "WeightUse", "QuantizedRows"),
  BannedWord(
    #"\battention rounding\b|\bwhere faster\b"#, "bf16: auto or always", in: "AttentionRounding", "whereFaster"),
  BannedWord(
    #"\b(words|bytes) panel\b|\bpanel excess\b|\bavx512 rounded\b|\bneon pairs\b"#,
    "quant_panel_i16, quant_panel_i8, zero point, avx512_bf16_attention, neon_i8mm",
    in: "words_panel", "bytes_panel", "panel_excess", "avx512_rounded", "neon_pairs"),
  BannedWord(
    #"(\bgroups\.h|\bfit\.c|\bpack( \w+)?\.c)\b"#, "block_formats.h, scale_search.c, quantize*.c",
    in: "groups.h", "fit.c", "pack_small.c"),
  BannedWord(#"\bmodels? in the box\b"#, "embedded model", in: "the model in the box"),
]

/// Names that other programs use for the same thing, or that say it without a detour.
private let plainNames = [
  BannedWord(
    #"\bmemory (demands?|meters?|configurations?)\b"#, "ModelLoadingOptions, WorkingMemoryCounter, CacheConfiguration",
    in: "MemoryDemand", "MemoryMeter", "MemoryConfiguration"),
  BannedWord(
    #"\bcode desks?\b|\bprogram in hand\b|\bwork state\b"#, "TaskSolver, ProgramToSave, SolveState",
    in: "CodeDesk", "ProgramInHand", "WorkState"),
  BannedWord(
    #"\bcomplain(s|t|ts|ed|ing)?\b"#, "validation error, error message", in: "complaint", "complain", "complaints"),
  BannedWord(
    #"\b(struct|class|enum|actor|protocol|typealias) (Spread|Figure|Probe|Passage|Finding|Wish|Crew)\b"#,
    "Summary, Measurement, Benchmark, WaitResult, Poll, StopRequest, SharedState",
    in: "struct Spread", "enum Figure", "protocol Probe", "enum Wish", "class Crew"),
  BannedWord(
    #"\bfixed job\b|\bkernel check\b|\bcross[- ]?checks?\b"#, "InstructionCount, CKernelsTests, ReferenceComparisons",
    in: "FixedJob", "KernelCheck", "crosscheck", "CrossChecks", "CROSSCHECK"),
  BannedWord(
    #"\binterruptions?\b|\binterrupt flags?\b"#, "StopSource, the one way to stop",
    in: "Interruption", "InterruptFlag"),
  BannedWord(
    #"\bcache (room|passes)\b|\bcompute keys\b"#, "capacity, compression, projectQKV",
    in: "CacheRoom", "CachePasses", "computeKeys"),
  BannedWord(#"\bmeanwhile\b"#, "the caller polls between steps; nothing calls back up", in: "see(meanwhile:)"),
]

/// Plain technical English: the thing, then why.
private let plainEnglish = [
  BannedWord(
    #"\blest\b|\bwithal\b|\bthereof\b|\bwherein\b|\bhence\b|\bmanieth\b"#, "plain technical English",
    in: "lest it grow"),
  BannedWord(#"\balike\b|\blikewise\b"#, "say what holds for the second thing", in: "treated alike", "areAlike"),
  BannedWord(#"\bso (many|much)\b"#, "the number, by its name", in: "for so many steps", "so much memory"),
  BannedWord(#"\bmore exactly\b"#, "with more bits; with a smaller error", in: "is kept more exactly"),
  BannedWord(#"\bas good as none\b"#, "say what happens", in: "empty ones are as good as none"),
  BannedWord(#"\bto be had\b"#, "available", in: "is to be had"),
  BannedWord(#"\banew\b"#, "again", in: "begun anew"),
]

private let bannedWords = fieldWords + plainNames + plainEnglish

/// Where a banned word is not ours to change.
private let namesOfOthers = [
  "partial_rotary_factor",  // a key of transformers' configurations
  "VisionRotaryEmbedding",  // a class of transformers
  "embedding_length", "feed_forward_length",  // keys of GGUF
  "house picture try",  // from the vocabulary of a random model
]

/// Names of before in the change list's table, which says what they have become.
private let formerNames = [
  "`--picture`", "`--recall FILE`", "`--recall-size SIZE`", "`recall_unusable`", "`+best`, `+recall`",
  "`foreseen-questions`, `true-places`, `before-time`, `true-pooling`",
]

/// Documents and code that people read.
@Suite("Vocabulary")
struct BannedWordTests {
  private static let root = Checkout.root

  /// Read and split once, for all words.
  private static let files = Result { try readFiles() }

  @Test("A banned word occurs nowhere in code, documents, help, man page and completions", arguments: bannedWords)
  private func absent(word: BannedWord) throws {
    let pattern = try word.regex()
    let files = try Self.files.get()
    #expect(files.count > 500, "the sources were not found")
    for file in files where occurs(pattern, in: file.words) {
      for (number, line) in file.text.components(separatedBy: "\n").enumerated() {
        let names = namesOfOthers + (file.isChangeList ? formerNames : [])
        let ours = names.reduce(line) { $0.replacingOccurrences(of: $1, with: "") }
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

  @Test("The scripts of .ci and the templates of .github are read")
  func scriptsAndTemplates() throws {
    let files = try Self.files.get()
    let paths = Set(files.map { file in String(file.text.prefix { $0 != "\n" }) })
    #expect(paths.isSuperset(of: [".ci/run", ".ci/format", ".ci/setup", ".github/COMMIT_TEMPLATE"]))
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
    let isChangeList: Bool

    init(path: String, text: String) {
      self.text = path + "\n" + text
      isChangeList = path == ".github/CHANGELOG.md"
      words = BannedWordTests.words(of: self.text)
    }
  }

  private static func readFiles() throws -> [File] {
    let endings: Set = ["swift", "c", "h", "inc", "md", "modulemap", "py", "sh", "1", "bash", "fish", "zsh"]
    let folders = ["Sources", "Tests", "Assets", "Models", ".github", ".ci"].flatMap { folder in
      (FileManager.default.enumerator(atPath: root.appending(path: folder).path)?.compactMap { $0 as? String } ?? [])
        .map { "\(folder)/\($0)" }
    }
    // This file is about the words. What is inside a hidden folder is a virtual environment or a long run's.
    let paths = folders.filter {
      (endings.contains(($0 as NSString).pathExtension) || isScriptOrTemplate($0))
        && !$0.hasSuffix("/BannedWordTests.swift") && !$0.contains("/.")
    }
    return try (["README.md", "Package.swift"] + paths).map { path in
      File(path: path, text: try String(contentsOf: root.appending(path: path), encoding: .utf8))
    }
  }

  /// Whether a path is that of a file without an ending in `.ci` or `.github`.
  private static func isScriptOrTemplate(_ path: String) -> Bool {
    guard path.hasPrefix(".ci/") || path.hasPrefix(".github/"), (path as NSString).pathExtension.isEmpty else {
      return false
    }
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: root.appending(path: path).path, isDirectory: &isFolder)
      && !isFolder.boolValue
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
