// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import Foundation
import Images
import ModelFile
import TestSupport
import Testing

@Suite("A weight that is not a number ends the forward pass with the name of the layer")
struct GuardTests {
  private static func file(_ name: String) throws -> GGUFFile {
    try GGUFFile(path: Checkout.root.appending(path: "Models/" + name).path)
  }

  /// A copy of a model with a NaN in the first block of a tensor.
  private func damaged(_ original: GGUFFile, _ name: String) throws -> GGUFFile {
    try #require(original.tensor(name) != nil)
    return try RewrittenFile(original) { tensor, bytes in
      var bytes = bytes
      if tensor.name == name {
        switch tensor.type {
        case .f32: bytes.replaceSubrange(0..<4, with: [0, 0, 0xC0, 0x7F])
        default: bytes.replaceSubrange(0..<2, with: [0, 0x7E])
        }
      }
      return (tensor.dimensions, tensor.type, bytes)
    }.file
  }

  /// For the text segment of an empty cache, whose rows are quantized.
  private func ticket(_ model: LanguageModel) throws -> KVAppendTicket {
    try KeyValueCache(
      shape: model.configuration.cacheShape, options: KVCacheOptions(budget: 64, policy: .full, type: .q8_0)
    ).ticket(for: .text)
  }

  private func positions(_ count: Int) -> [MRoPEPosition] { (0..<count).map { MRoPEPosition(text: Int32($0)) } }

  /// The layer that an error names.
  private func layer(_ body: () throws -> Void) -> String? {
    do { try body() } catch ModelError.notFinite(_, let layer) { return layer } catch { return "\(error)" }
    return nil
  }

  private static let tensors = [
    "attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate", "ffn_up", "ffn_down",
  ]

  @Test(
    "with every instruction set and both layouts of weights",
    arguments: tensors, InstructionSet.allCases.filter(\.isAvailable))
  func decoder(tensor: String, set: InstructionSet) throws {
    let file = try damaged(Self.file("edgeassist-tiny-Q8_0.gguf"), "blk.2.\(tensor).weight")
    for weights in [WeightLayout.repacked, .mapped] {
      let model = try LanguageModel(
        file: file, threads: ThreadPool(threads: 1), maximumBlock: 8, instructionSet: set, weights: weights)
      let named = [
        layer { try model.prefill(tokens: [5, 9, 14], positions: positions(3), into: ticket(model)) },
        layer { try model.decode(token: 5, position: positions(1)[0], into: ticket(model)) },
        layer { _ = try model.read(branches: [[5, 9], [7]], from: 0, into: ticket(model)) },
        layer {
          let forks = try [ticket(model).cache].flatMap { [try $0.fork(capacity: 2), try $0.fork(capacity: 2)] }
          _ = try model.read([[5, 9], [7]], from: [0, 0], into: forks)
        },
      ]
      #expect(named == Array(repeating: "blk.2", count: 4), "\(weights)")
    }
  }

  @Test("before a later layer that is damaged as well")
  func first() throws {
    let once = try damaged(Self.file("edgeassist-tiny-Q8_0.gguf"), "blk.1.ffn_up.weight")
    let model = try LanguageModel(file: damaged(once, "blk.3.ffn_up.weight"), threads: ThreadPool(threads: 1))
    let named = layer {
      _ = try model.prefillKeepingLogits(tokens: [5, 9], positions: positions(2), into: ticket(model))
    }
    #expect(named == "blk.1")
  }

  /// The small model with the largest magnitudes of a calibration.
  private func calibrated(_ maxima: [Float]) throws -> GGUFFile {
    try RewrittenFile(
      Self.file("edgeassist-tiny-Q8_0.gguf"), metadata: [GGUFMetadata.layerMaximaKey: .array(GGUFArray(maxima))]
    ).file
  }

  @Test("and so does a layer whose output is 16 times above the largest of the calibration")
  func range() throws {
    let plain = try LanguageModel(
      file: Self.file("edgeassist-tiny-Q8_0.gguf"), threads: ThreadPool(threads: 1), maximumBlock: 8)
    plain.outputMaxima = Array(repeating: 0, count: plain.configuration.layers)
    let tokens = [5, 9, 14]
    _ = try plain.prefillKeepingLogits(tokens: tokens, positions: positions(3), into: ticket(plain))
    let maxima = try #require(plain.outputMaxima)
    let within = try LanguageModel(file: calibrated(maxima.map { $0 / 15.9 }), threads: ThreadPool(threads: 1))
    _ = try within.prefillKeepingLogits(tokens: tokens, positions: positions(3), into: ticket(within))
    var lower = maxima.map { $0 / 15.9 }
    lower[2] = maxima[2] / 16.1
    let above = try LanguageModel(file: calibrated(lower), threads: ThreadPool(threads: 1))
    let error = #expect(throws: ModelError.self) {
      _ = try above.prefillKeepingLogits(tokens: tokens, positions: positions(3), into: ticket(above))
    }
    guard case .outOfRange(_, "blk.2", let limit)? = error else { return #expect(Bool(false), "\(error as Any)") }
    #expect(abs(limit - maxima[2] * 16 / 16.1) < maxima[2] / 1000)
  }

  @Test(
    "ranges of a calibration that are not those of the layers are refused",
    arguments: [[1, 2], [0], [.nan], [3e38], []])
  func badRanges(changed: [Float]) throws {
    let layers = try DecoderConfiguration(file: Self.file("edgeassist-tiny-Q8_0.gguf")).layers
    let maxima = changed.count == 1 ? changed + Array(repeating: 1, count: layers - 1) : changed
    let error = #expect(throws: ModelError.self) {
      _ = try LanguageModel(file: calibrated(maxima), threads: ThreadPool(threads: 1))
    }
    #expect("\(error as Any)".contains(GGUFMetadata.layerMaximaKey))
  }

  @Test("also in the embedding of a token, and the output head leaves no logit to choose")
  func embeddingAndHead() throws {
    let file = try damaged(Self.file("edgeassist-tiny-Q8_0.gguf"), "token_embd.weight")
    let model = try LanguageModel(file: file, threads: ThreadPool(threads: 1))
    let named = layer { try model.prefill(tokens: [0], positions: positions(1), into: ticket(model)) }
    #expect(named == "token_embd")
    // The embeddings of other tokens are whole. The matrix is the output head as well.
    try model.prefill(tokens: [5], positions: positions(1), into: ticket(model))
    #expect(model.logits.allSatisfy { $0.isNaN })
  }

  @Test(
    "in the vision tower, computed exactly or in 8 bits",
    arguments: [
      ("v.patch_embd.weight", "v.patch_embd"), ("v.blk.1.ln1.weight", "v.blk.1"), ("v.blk.1.attn_q.weight", "v.blk.1"),
      ("v.blk.1.attn_out.weight", "v.blk.1"), ("v.blk.1.ffn_up.weight", "v.blk.1"),
      ("v.blk.1.ffn_down.weight", "v.blk.1"), ("mm.2.weight", "mm"),
    ])
  func vision(tensor: String, name: String) throws {
    let file = try damaged(Self.file("mmproj-edgeassist-tiny-F16.gguf"), tensor)
    let image = Image(width: 56, height: 56, pixels: (0..<56 * 56 * 3).map { UInt8($0 % 251) })
    for weights in [WeightLayout.repacked, .repackedQ8] {
      let tower = try VisionTower(file: file, threads: ThreadPool(threads: 1), weights: weights)
      let named = layer { _ = try tower.encode(image, image) }
      #expect(named == name, "\(weights)")
    }
  }
}
