// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Inference
import InferenceTestSupport
import ModelFile
import Records
import TestSupport
import Testing

@Suite("Text is read and generated in one loop", .serialized)
struct TokenGeneratorTests {
  private static let embedded = SharedEmbeddedModel()
  private let model: LoadedModel

  init() throws { model = try Self.embedded.get() }

  private func cache(_ budget: Int = 1024) throws -> KeyValueCache {
    try KeyValueCache(shape: model.language.configuration.cacheShape, budget: budget, policy: .slidingWindow)
  }

  private var prompt: [Int] {
    model.template.opening(system: nil) + model.template.textStart + model.template.question("hello")
  }

  private func generator(
    _ prompt: [Int], cache: KeyValueCache, sampling: SamplingParameters = SamplingParameters(),
    maximumTokens: Int = 64
  ) -> TokenGenerator {
    TokenGenerator(
      model: model, reader: TokenIngest(prompt: prompt[...], at: 0, into: cache, language: model.language),
      sampling: sampling, maximumTokens: maximumTokens)
  }

  @Test("A long prompt is read in blocks, one a step, before the first token")
  func blocks() throws {
    let cache = try cache()
    let long = (0..<600).map { $0 % 150 + 3 }
    var generator = generator(long, cache: cache, maximumTokens: 4)
    for read in [256, 512, 600] {
      #expect(try generator.next() == "")
      #expect(generator.promptTokensRead == read && cache.count == read && generator.tokens.isEmpty)
    }
    while try generator.next() != nil {}
    #expect(generator.tokens.count <= 4 && generator.stop != nil)
  }

  @Test("The model's own end of turn ends the text and is not part of it")
  func end() throws {
    var generator = generator(prompt, cache: try cache())
    var text = ""
    while let piece = try generator.next() { text += piece }
    #expect(generator.stop == .end && generator.unreadToken == nil)
    #expect(text == model.tokenizer.decode(generator.tokens))
  }

  @Test("The limit on tokens ends the text; its last token is not read")
  func length() throws {
    let cache = try cache()
    var generator = generator(prompt, cache: cache, maximumTokens: 2)
    while try generator.next() != nil {}
    #expect(generator.stop == .length && generator.tokens.count == 2)
    #expect(generator.unreadToken == generator.tokens.last && cache.count == prompt.count + 1)
  }

  @Test("A full cache ends the text")
  func capacity() throws {
    let sampling = SamplingParameters(temperature: 10, topK: 0, topP: 1, seed: 3)
    var generator = generator(prompt, cache: try cache(prompt.count + 3), sampling: sampling)
    while try generator.next() != nil {}
    #expect(generator.stop == .capacity && generator.tokens.count == 4)
  }

  @Test("A cancelled text keeps the tokens that it has, and gets no more", arguments: [0, 1, 3])
  func cancelled(steps: Int) throws {
    var generator = generator(prompt, cache: try cache())
    for _ in 0..<steps { _ = try generator.next() }
    let tokens = generator.tokens
    #expect(tokens.count == max(0, steps - 1))
    while try generator.next(isCancelled: true) != nil {}
    #expect(generator.stop == .cancelled && generator.tokens == tokens)
    #expect(try generator.next() == nil)
  }

  @Test("Logits that are not numbers are an error that names the model")
  func notANumber() throws {
    let folder = try TemporaryFolder()
    var paths = try ModelPaths.resolve(languageModel: nil)
    let original = try GGUFFile(path: paths.languageModel)
    paths.languageModel = folder.path("damaged.gguf")
    let writer = try GGUFWriter(
      path: paths.languageModel, metadata: original.metadata,
      tensors: original.tensors.map { .init(name: $0.name, dimensions: $0.dimensions, type: $0.type) })
    for tensor in original.tensors {
      var bytes = Array(original.bytes(of: tensor))
      if tensor.name == "output_norm.weight" { bytes = bytes.map { _ in 0xFF } }
      try writer.append(bytes)
    }
    try writer.finish()
    let model = try LoadedModel(paths: paths, threads: 1)
    let reader = TokenIngest(prompt: prompt[...], at: 0, into: try cache(), language: model.language)
    var generator = TokenGenerator(model: model, reader: reader, sampling: SamplingParameters(), maximumTokens: 4)
    let error = try #require(throws: ReportedError.self) { while try generator.next() != nil {} }
    #expect(error.code == .computation)
    #expect(error.message.contains("damaged.gguf: the logits are not numbers"))
  }
}
