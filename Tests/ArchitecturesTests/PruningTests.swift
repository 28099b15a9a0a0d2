// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import Foundation
import Images
import ModelFile
import TestSupport
import Testing

@Suite("Attention that is not computed")
struct PruningTests {
  private static func file(_ name: String) throws -> GGUFFile {
    try GGUFFile(path: Checkout.root.appending(path: "Models/" + name).path)
  }

  private func model(_ file: GGUFFile) throws -> LanguageModel {
    try LanguageModel(file: file, threads: ThreadPool(threads: 2), maximumBlock: 16)
  }

  private func ticket(_ model: LanguageModel) throws -> KVAppendTicket {
    try KeyValueCache(shape: model.configuration.cacheShape, budget: 64, policy: .full).ticket(for: .text)
  }

  /// The small model with zeros for the values of a key-value head, whose attention then adds nothing.
  private func silenced(layer: Int, head: Int) throws -> GGUFFile {
    let original = try Self.file("edgeassist-tiny-Q8_0.gguf")
    let sizes = try DecoderConfiguration(file: original)
    return try RewrittenFile(original) { tensor, bytes in
      var bytes = bytes
      if tensor.name.hasPrefix("blk.\(layer).attn_v.") {
        let share = bytes.count / sizes.keyValueHeads
        bytes.replaceSubrange(share * head..<share * (head + 1), with: Array(repeating: 0, count: share))
      }
      return (tensor.dimensions, tensor.type, bytes)
    }.file
  }

  @Test("A head that is left out is one whose values are 0: in prefill, decoding, branches and forks")
  func head() throws {
    let pruned = try model(Self.file("edgeassist-tiny-Q8_0.gguf"))
    let shape = pruned.configuration.cacheShape
    let (layer, head) = (1, shape.keyValueHeads - 1)
    var heads = Array(repeating: [Int](), count: shape.layers)
    heads[layer] = [head]
    pruned.pruning = AttentionPruning(heads: heads)
    let silenced = try model(silenced(layer: layer, head: head))
    let tokens = [5, 9, 14, 3, 8]
    let positions = tokens.indices.map { MRoPEPosition(text: Int32($0)) }
    func logits(_ model: LanguageModel) throws -> [[Float]] {
      let ticket = try ticket(model)
      try model.prefill(tokens: tokens, positions: positions, into: ticket)
      let prefilled = model.logits
      try model.decode(token: 7, position: MRoPEPosition(text: 5), into: ticket)
      let branches = try model.read(branches: [[4, 6], [11]], from: 6, into: ticket)
      let forks = try (0..<2).map { _ in try ticket.cache.fork(capacity: 4) }
      let decoded = try model.read([[4], [11]], from: [6, 6], into: forks).map(Array.init)
      return [prefilled, model.logits] + branches + decoded
    }
    let (found, expected) = (try logits(pruned), try logits(silenced))
    for (left, right) in zip(found, expected) { #expect(relativeDifference(left, right) < 1e-5) }
    pruned.pruning = AttentionPruning()
    let whole = try logits(pruned)
    #expect(relativeDifference(whole[0], expected[0]) > 1e-3)
    #expect(try logits(model(Self.file("edgeassist-tiny-Q8_0.gguf"))) == whole)
  }

  private static let image = Image(width: 112, height: 112, pixels: (0..<112 * 112 * 3).map { UInt8($0 * 7 % 251) })

  private func embeddings(_ tower: VisionTower) throws -> [Float] {
    try tower.encode(Self.image, Self.image).values
  }

  @Test("A layer that reuses the map of an equal layer over the same input computes what it did")
  func equalMaps() throws {
    let original = try Self.file("mmproj-edgeassist-tiny-F16.gguf")
    let copied = ["ln1.weight", "ln1.bias", "attn_q.", "attn_k.", "attn_qkv."]
    // The first layer adds nothing, so that the second has its input, and its queries and keys.
    let file = try RewrittenFile(original) { tensor, bytes in
      var bytes = bytes
      if tensor.name.hasPrefix("v.blk.0.attn_out.") || tensor.name.hasPrefix("v.blk.0.ffn_down.")
        || tensor.name.hasPrefix("v.blk.0.ffn_up.")
      {
        bytes = Array(repeating: 0, count: bytes.count)
      } else if tensor.name.hasPrefix("v.blk.1."), copied.contains(where: tensor.name.contains) {
        let first = tensor.name.replacingOccurrences(of: "v.blk.1.", with: "v.blk.0.")
        if let source = original.tensor(first) { bytes = Array(original.bytes(of: source)) }
      }
      return (tensor.dimensions, tensor.type, bytes)
    }.file
    let tower = try VisionTower(file: file, threads: ThreadPool(threads: 2))
    try #require(tower.canReuseMap(1))
    let whole = try embeddings(tower)
    tower.pruning = AttentionPruning(reusedMaps: [1])
    #expect(try embeddings(tower) == whole)
    // Not so for a layer with queries and keys of its own.
    tower.pruning = AttentionPruning(reusedMaps: [2])
    #expect(try relativeDifference(embeddings(tower), whole) > 1e-3)
  }

  @Test("A head of the tower that is left out changes the embeddings, until it is computed again")
  func towerHead() throws {
    let tower = try VisionTower(
      file: Self.file("mmproj-edgeassist-tiny-F16.gguf"), threads: ThreadPool(threads: 2))
    let whole = try embeddings(tower)
    var heads = Array(repeating: [Int](), count: tower.configuration.layers)
    heads[1] = [0]
    tower.pruning = AttentionPruning(heads: heads)
    #expect(try relativeDifference(embeddings(tower), whole) > 1e-4)
    tower.pruning = AttentionPruning()
    #expect(try embeddings(tower) == whole)
  }

  @Test("The first layer has no map to reuse, and heads and layers are those of the model")
  func bounds() throws {
    let tower = try VisionTower(
      file: Self.file("mmproj-edgeassist-tiny-F16.gguf"), threads: ThreadPool(threads: 1))
    #expect(!tower.canReuseMap(0) && !tower.canReuseMap(-1) && !tower.canReuseMap(tower.configuration.layers))
    for (pruning, fits) in [
      (AttentionPruning(), true), (AttentionPruning(heads: [[], [1, 0]]), true), (AttentionPruning(heads: [[]]), false),
      (AttentionPruning(heads: [[], [2]]), false), (AttentionPruning(heads: [[1, 1], []]), false),
      (AttentionPruning(reusedMaps: [1]), true), (AttentionPruning(reusedMaps: [0]), false),
      (AttentionPruning(reusedMaps: [2]), false),
    ] {
      #expect(pruning.fits(layers: 2, heads: 2) == fits, "\(pruning)")
    }
  }
}
