// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import Foundation
import ModelFile
import Testing
import Tokenization

/// Real weights: SmolLM2-135M-Instruct answers prompts and reads a text, here and in llama.cpp.
@Suite("SmolLM2-135M beside llama.cpp", .serialized)
struct SmolLMComparisonTests {
  private static let script = "make_llama_cpp_smollm2.py"
  /// Tokens of a text that are read together: a row of logits is as long as the vocabulary.
  private static let rowsAtOnce = 64
  /// Where llama.cpp's first logit leads by less, its rounding decides, such as that of keys and values to 16 bits.
  private static let closeLead: Float = 1e-3
  private static let answers = ReferenceFiles(ending: "-answers.gguf", script: script)
  private static let losses = ReferenceFiles(ending: "-perplexity.gguf", script: script)

  /// The likeliest tokens after a prompt, up to the end of the answer.
  private func greedy(_ prompt: [Int], _ model: LanguageModel, ends: Set<Int>, most: Int) throws -> [Int] {
    let cache = try KeyValueCache(
      shape: model.configuration.cacheShape, budget: prompt.count + most, policy: .infinipotV)
    let positions = (0..<Int32(prompt.count + most)).map { MRoPEPosition(text: $0) }
    try model.prefill(
      tokens: prompt, positions: Array(positions.prefix(prompt.count)), into: cache.ticket(for: .text))
    var found: [Int] = []
    while found.count < most {
      let token = model.logits.indices.max { model.logits[$0] < model.logits[$1] } ?? 0
      found.append(token)
      if ends.contains(token) { break }
      try model.decode(
        token: token, position: positions[prompt.count + found.count - 1], into: cache.ticket(for: .text))
    }
    return found
  }

  @Test(
    "Prompts have llama.cpp's tokens, and greedy answers are its own in F32 up to a choice that rounding decides",
    .enabled(if: !answers.names.isEmpty, Comment(rawValue: answers.reason)), arguments: answers.names)
  func sameAnswers(run: String) throws {
    let values = try Self.answers.open(run)
    let file = try ReferenceFiles.open(values.metadata.string("model"))
    let tokenizer = try Tokenizer(metadata: file.metadata)
    let model = try LanguageModel(file: file, threads: ThreadPool(threads: 2))
    let texts = try values.metadata.array("texts").strings ?? []
    let prompts = parts(try values.metadata.integers("prompts"), try values.metadata.integers("prompt_sizes"))
    let expected = parts(try values.metadata.integers("answers"), try values.metadata.integers("answer_sizes"))
    #expect(texts.count == expected.count && texts.count >= 4)
    let leads = values.bytes(of: try values.requiredTensor("leads")).bindMemory(to: Float.self)
    var shared = 0
    var start = 0
    for ((text, prompt), answer) in zip(zip(texts, prompts), expected) {
      #expect(tokenizer.encode(text, parsingSpecialTokens: true) == prompt, "\(text.debugDescription)")
      let found = try greedy(prompt, model, ends: tokenizer.endOfTurnTokens, most: answer.count)
      let same = zip(found, answer).prefix { $0 == $1 }.count
      if run.hasSuffix("F32"), found != answer {
        try #require(same < answer.count, "after \(text.debugDescription)")
        let lead = leads[start + same]
        print("\(run): an answer parts where llama.cpp's first token leads by \(lead)")
        #expect(lead < Self.closeLead, "after \(text.debugDescription)")
      }
      shared += same
      start += answer.count
    }
    print("\(run): \(shared) of \(expected.reduce(0) { $0 + $1.count }) tokens before the first that differs")
  }

  @Test(
    "The perplexity of a text is within 0.1 % of llama.cpp's on F32 weights, and 1 % on quantized ones",
    .enabled(if: !losses.names.isEmpty, Comment(rawValue: losses.reason)), arguments: losses.names)
  func samePerplexity(run: String) throws {
    let values = try Self.losses.open(run)
    let file = try ReferenceFiles.open(values.metadata.string("model"))
    // A whole text takes hours of one core, beside other work.
    let model = try LanguageModel(file: file, threads: ThreadPool(threads: 1))
    let tokens = try values.metadata.integers("tokens")
    let window = try values.metadata.integer("window")
    let expected = try values.metadata.float("loss")
    let checkpoint = try LossCheckpoint(run: run)
    var sum = 0.0
    for start in stride(from: 0, to: tokens.count, by: window) {
      let part = Array(tokens[start..<start + window])
      if let loss = checkpoint.losses[part] {
        sum += loss
      } else {
        let loss = try self.loss(of: part, model)
        try checkpoint.add(part, loss: loss)
        sum += loss
      }
    }
    let count = tokens.count / window * (window - 1)
    let (ours, theirs) = (exp(sum / Double(count)), exp(expected))
    print("\(run): perplexity \(ours) here, \(theirs) in llama.cpp, ratio \(ours / theirs)")
    #expect(abs(ours / theirs - 1) < (run.hasSuffix("F32") ? 0.001 : 0.01))
  }

  /// The sum of the losses over all tokens of a window but its first.
  private func loss(of window: [Int], _ model: LanguageModel) throws -> Double {
    let cache = try KeyValueCache(shape: model.configuration.cacheShape, budget: window.count, policy: .infinipotV)
    var sum = 0.0
    for first in stride(from: 0, to: window.count - 1, by: Self.rowsAtOnce) {
      let places = first..<min(first + Self.rowsAtOnce, window.count - 1)
      let rows = try model.prefillKeepingLogits(
        tokens: Array(window[places]), positions: places.map { MRoPEPosition(text: Int32($0)) },
        into: cache.ticket(for: .text))
      for (place, logits) in zip(places, rows) { sum += negativeLogLikelihood(of: window[place + 1], logits) }
    }
    return sum
  }

  private func parts(_ values: [Int], _ sizes: [Int]) -> [[Int]] {
    var start = 0
    return sizes.map { size in
      defer { start += size }
      return Array(values[start..<start + size])
    }
  }
}
