// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Inference
import InferenceTestSupport
import Testing

@Suite("Several texts are generated in forks of one cache", .serialized)
struct ForkGeneratorTests {
  private static let embedded = SharedEmbeddedModel()
  private let model: LoadedModel
  private let opening: [Int]

  init() throws {
    model = try Self.embedded.get()
    opening = model.template.opening(system: nil) + model.template.textStart
  }

  private func cache(_ budget: Int = 1024) throws -> KeyValueCache {
    let cache = try KeyValueCache(
      shape: model.language.configuration.cacheShape, budget: budget, policy: .slidingWindow)
    var reader = TokenIngest(prompt: opening[...], at: 0, into: cache, language: model.language)
    while reader.hasPrompt { try reader.readBlock() }
    return cache
  }

  private func prompts(_ words: [String]) -> [[Int]] { words.map { model.template.question($0) } }

  private func generator(
    _ prompts: [[Int]], on cache: KeyValueCache, sampling: SamplingParameters = SamplingParameters(),
    maximumTokens: Int = 64
  ) throws -> ForkGenerator {
    try ForkGenerator(
      model: model, prompts: prompts, at: opening.count, on: cache, sampling: sampling, maximumTokens: maximumTokens)
  }

  /// The text of a prompt alone, and its tokens.
  private func alone(
    _ prompt: [Int], on cache: KeyValueCache, sampling: SamplingParameters, maximumTokens: Int
  ) throws -> (text: String, generator: TokenGenerator) {
    let before = cache.textCount
    defer { cache.truncateText(to: before) }
    var generator = TokenGenerator(
      model: model,
      reader: TokenIngest(prompt: prompt[...], at: opening.count, into: cache, language: model.language),
      sampling: sampling, maximumTokens: maximumTokens)
    var text = ""
    while let piece = try generator.next() { text += piece }
    return (text, generator)
  }

  private static let words = ["hello", "thanks", "What can you do?", "goodbye", "What is in view?"]

  @Test("Each is the text that its prompt has alone, and ends when that does", arguments: [0, 0.9], [3, 64])
  func asAlone(temperature: Double, maximumTokens: Int) throws {
    let sampling = SamplingParameters(temperature: temperature, seed: 5)
    let cache = try cache()
    let prompts = prompts(Self.words)
    var generator = try generator(prompts, on: cache, sampling: sampling, maximumTokens: maximumTokens)
    var texts = prompts.map { _ in "" }
    while let pieces = try generator.next() { for (fork, piece) in pieces { texts[fork] += piece } }
    #expect(cache.textCount == opening.count)
    for (index, prompt) in prompts.enumerated() {
      let alone = try alone(prompt, on: cache, sampling: sampling, maximumTokens: maximumTokens)
      #expect(texts[index] == alone.text)
      #expect(generator.texts[index].tokens == alone.generator.tokens)
      #expect(generator.texts[index].stop == alone.generator.stop)
      #expect(generator.texts[index].promptTokensRead == prompt.count)
    }
  }

  @Test("Long prompts are read in blocks, no more than one block a step")
  func blocks() throws {
    let long = [300, 10, 290].map { count in (0..<count).map { $0 % 150 + 3 } }
    var generator = try generator(long, on: try cache(), maximumTokens: 4)
    for read in [[256, 0, 0], [300, 10, 202], [300, 10, 290]] {
      _ = try generator.next()
      #expect(generator.texts.map(\.promptTokensRead) == read)
    }
    #expect(generator.texts.allSatisfy { $0.tokens.count == 1 || $0.stop != nil })
  }

  @Test("A fork that the cache has no room for ends, and the others go on")
  func capacity() throws {
    let prompts = prompts(["hello", "What can you do? What can you do? What can you do?"])
    let longest = try #require(prompts.map(\.count).max())
    let sampling = SamplingParameters(temperature: 10, topK: 0, topP: 1, seed: 3)
    let cache = try cache(opening.count + longest + 2)
    var generator = try generator(prompts, on: cache, sampling: sampling, maximumTokens: 8)
    while try generator.next() != nil {}
    #expect(generator.texts[1].stop == .capacity && generator.texts[1].tokens.count == 3)
    #expect(generator.texts[0].tokens.count > 3)
    #expect(cache.textCount == opening.count && cache.peakCount <= opening.count + longest + 2)
  }

  @Test("Cancelled texts keep the tokens that they have, and get no more", arguments: [0, 1, 3])
  func cancelled(steps: Int) throws {
    let cache = try cache()
    var generator = try generator(prompts(["hello", "thanks"]), on: cache)
    for _ in 0..<steps { _ = try generator.next() }
    let tokens = generator.texts.map(\.tokens)
    while try generator.next(isCancelled: true) != nil {}
    #expect(generator.texts.map(\.stop) == [.cancelled, .cancelled])
    #expect(generator.texts.map(\.tokens) == tokens && cache.textCount == opening.count)
    #expect(try generator.next() == nil)
  }
}
