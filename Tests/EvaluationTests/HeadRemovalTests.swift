// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import Foundation
import Inference
import ModelFile
import Quantization
import TestSupport
import Testing

@Suite("Attention heads that are left out of a file")
struct HeadRemovalTests {
  private static let embedded = "Models/edgeassist-tiny-Q8_0.gguf"
  private let folder = try? TemporaryFolder()

  private func file(_ path: String) throws -> GGUFFile { try GGUFFile(path: Checkout.root.appending(path: path).path) }

  private func shape(_ file: GGUFFile) throws -> CacheShape { try DecoderConfiguration(file: file).cacheShape }

  private func model(_ file: GGUFFile, pruned heads: [[Int]] = []) throws -> LanguageModel {
    let model = try LanguageModel(file: file, threads: ThreadPool(threads: 2), maximumBlock: 16)
    model.pruning = AttentionPruning(heads: heads)
    return model
  }

  private func logits(_ model: LanguageModel) throws -> [[Float]] {
    let cache = try KeyValueCache(shape: model.configuration.cacheShape, budget: 64, policy: .full)
    let ticket = cache.ticket(for: .text)
    let tokens = [5, 9, 14, 3, 8]
    try model.prefill(
      tokens: tokens, positions: tokens.indices.map { MRoPEPosition(text: Int32($0)) }, into: ticket)
    let prefilled = model.logits
    try model.decode(token: 7, position: MRoPEPosition(text: 5), into: ticket)
    return [prefilled, model.logits]
  }

  private func written(_ original: GGUFFile, without heads: [[Int]]) throws -> GGUFFile {
    let path = try #require(folder).url.appending(path: UUID().uuidString).path
    try HeadRemoval(file: original, pruned: heads, heads: shape(original).keyValueHeads).write(original, to: path)
    return try GGUFFile(path: path)
  }

  @Test("the file predicts what the model predicts with them pruned")
  func equality() throws {
    let original = try file(Self.embedded)
    // The last head of the first layer, and the first of the last layer, after which the other moves up.
    let both = [[1]] + Array(repeating: [Int](), count: 4) + [[0]]
    let reduced = try written(original, without: both)
    #expect(reduced.tensors.reduce(0) { $0 + $1.byteCount } < original.tensors.reduce(0) { $0 + $1.byteCount })
    let (found, expected) = (try logits(model(reduced)), try logits(model(original, pruned: both)))
    for (left, right) in zip(found, expected) { #expect(relativeDifference(left, right) < 1e-5) }
    #expect(try relativeDifference(found[0], logits(model(original))[0]) > 1e-4)
  }

  @Test("more can be pruned at run time, and blocks of Q8_0 stay as they are")
  func both() throws {
    let original = try file(Self.embedded)
    let reduced = try written(original, without: [[], [1]] + Array(repeating: [], count: 4))
    let output = try #require(reduced.tensor("blk.1.attn_output.weight"))
    #expect(output.type == .q8_0 && output.dimensions == [128, 256])
    let two = [[], [], [0]] + Array(repeating: [Int](), count: 3)
    let (found, expected) = (
      try logits(model(reduced, pruned: two)), try logits(model(original, pruned: [[], [1]] + two.dropFirst(2)))
    )
    for (left, right) in zip(found, expected) { #expect(relativeDifference(left, right) < 1e-5) }
  }

  @Test("all heads of a layer, none, other layers' and a second time are refused")
  func refusals() throws {
    let original = try file(Self.embedded)
    let others = Array(repeating: [Int](), count: 5)
    for (heads, reason) in [
      ([[0, 1]] + others, "layer 0 would have none"), ([[]] + others, "none of the language model"),
      ([[0]], "1 layers with attention"),
    ] {
      let error = #expect(throws: QuantizationError.self) {
        try HeadRemoval(file: original, pruned: heads, heads: 2)
      }
      #expect(error?.message.contains(reason) == true, "\(String(describing: error))")
    }
    let reduced = try written(original, without: [[0]] + others)
    let again = #expect(throws: QuantizationError.self) {
      try HeadRemoval(file: reduced, pruned: [[0]] + others, heads: 2)
    }
    #expect(again?.message.contains("begin with the original") == true)
  }
}
