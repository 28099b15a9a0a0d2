// SPDX-License-Identifier: Apache-2.0

import Architectures
import Compute
import ModelFile
import Testing

/// Valid and invalid metadata and tensors in files of the newer families' towers.
@Suite struct VisionFileTests {
  static let names = ["windows", "deepstack", "pooled", "pixel-shuffle", "pixel-unshuffle", "two-stage"]
  /// A size is read from the shape of these, so that other tensors are found not to fit.
  private static let telling = [
    "v.blk.0.ffn_up.weight", "mm.0.weight", "mm.1.weight", "mm.2.weight", "mm.model.fc.weight", "mm.up.weight",
    "mm.down.weight",
  ]
  private let pool = ThreadPool(threads: 1)

  private func message(_ file: GGUFFile) -> String {
    do {
      _ = try VisionTower(file: file, threads: pool)
      return "loaded"
    } catch { return "\(error)" }
  }

  private func message(_ name: String, _ changes: [String: GGUFValue?]) throws -> String {
    message(try RewrittenFile(VisionGolden(name).file, metadata: changes).file)
  }

  @Test("any missing tensor is named", arguments: names)
  func missingTensors(name: String) throws {
    let original = try VisionGolden(name).file
    for missing in original.tensors.map(\.name) {
      // The biases of all blocks and the image newline may be absent, and queries, keys and values may be separate.
      guard missing.hasSuffix("weight") || ["ln", "norm", "v.blk."].contains(where: missing.contains),
        !missing.contains("attn_qkv"), missing != "mm.input_norm.weight" || name == "two-stage"
      else { continue }
      let file = try RewrittenFile(original) { $0.name == missing ? nil : ($0.dimensions, $0.type, $1) }.file
      #expect(message(file).contains(missing))
    }
  }

  @Test("a missing bias of the patches is named", arguments: ["deepstack", "pooled", "pixel-shuffle"])
  func missingPatchBias(name: String) throws {
    let file = try RewrittenFile(VisionGolden(name).file) {
      $0.name == "v.patch_embd.bias" ? nil : ($0.dimensions, $0.type, $1)
    }.file
    #expect(message(file).contains("v.patch_embd.bias"))
  }

  @Test("any tensor of another shape is named", arguments: names)
  func wrongShapes(name: String) throws {
    let original = try VisionGolden(name).file
    let telling = original.tensors.map(\.name).filter(Self.telling.contains)
    for wrong in original.tensors.map(\.name) where !telling.contains(wrong) {
      let file = try RewrittenFile(original) { tensor, bytes in
        guard tensor.name == wrong else { return (tensor.dimensions, tensor.type, bytes) }
        let longer = tensor.dimensions.dropLast() + [tensor.dimensions[tensor.dimensions.count - 1] * 2]
        return (Array(longer), tensor.type, bytes + bytes)
      }.file
      let text = message(file)
      #expect(text.contains("tensor \(wrong) is"), "\(text)")
    }
    for wrong in telling {
      let file = try RewrittenFile(original) { tensor, bytes in
        guard tensor.name == wrong else { return (tensor.dimensions, tensor.type, bytes) }
        return (tensor.dimensions.reversed() + [2], tensor.type, bytes + bytes)
      }.file
      #expect(message(file) != "loaded")
    }
  }

  @Test(
    "nonsense sizes are refused by the name of their key",
    arguments: [
      ("windows", "n_wa_pattern", -1), ("windows", "n_wa_pattern", 1 << 40), ("windows", "window_size", 0),
      ("windows", "window_size", 27), ("windows", "window_size", 1 << 40), ("pooled", "image_size", 13),
      ("pooled", "image_size", -1), ("pooled", "image_size", 1 << 40), ("pooled", "block_count", 0),
      ("pixel-shuffle", "projector.scale_factor", 4), ("pixel-shuffle", "projector.scale_factor", 0),
      ("pixel-shuffle", "image_size", 1 << 40), ("pixel-unshuffle", "projector.scale_factor", 1 << 40),
      ("two-stage", "projector.scale_factor", 3), ("two-stage", "projector.scale_factor", 1 << 40),
      ("two-stage", "image_size", 0),
    ] as [(String, String, Int)])
  func nonsense(name: String, key: String, value: Int) throws {
    #expect(try message(name, ["clip.vision." + key: .int64(Int64(value))]).contains(key))
  }

  @Test("the interval of full attention must be in the file")
  func missingPattern() throws {
    #expect(try message("windows", ["clip.vision.n_wa_pattern": nil as GGUFValue?]).contains("n_wa_pattern"))
  }

  @Test("position embeddings that are not for the image's patches are named with both sizes")
  func otherTable() throws {
    let text = try message("pooled", ["clip.vision.image_size": .uint32(140)])
    #expect(text.contains("v.position_embd.weight") && text.contains("144×81") && text.contains("144×100"))
  }

  @Test("the deepstack blocks are flagged for each block, or are those that have tensors")
  func deepstackLayers() throws {
    let key = "clip.vision.is_deepstack_layers"
    let file = try VisionGolden("deepstack").file
    #expect(try VisionConfiguration(file: file).deepstackLayers == [0, 1])
    let silent = try RewrittenFile(file, metadata: [key: nil as GGUFValue?]).file
    #expect(try VisionConfiguration(file: silent).deepstackLayers == [0, 1])
    #expect(try message("deepstack", [key: .array(GGUFArray([Int32(1), 1, 0]))]).contains(key))
    #expect(try message("deepstack", ["clip.vision.block_count": .uint32(2)]).contains(key))
  }

  @Test("an older LLaVA model's tower, which has the same projector, is told apart")
  func otherTower() throws {
    let file = try RewrittenFile(VisionGolden("pooled").file, renamed: ["model.image_newline": "v.class_embd"]).file
    #expect(message(file).contains("not SigLIP"))
  }

  @Test("the projector reads the block that the file names, if there is one such block")
  func featureLayer() throws {
    let key = "clip.vision.feature_layer"
    let file = try VisionGolden("pooled").file
    let inner = try RewrittenFile(file, metadata: [key: .array(GGUFArray([Int32(1)]))]).file
    #expect(try VisionConfiguration(file: inner).layers == 1)
    for layers in [[Int32(0)], [3], [1, 2], []] {
      #expect(try message("pooled", [key: .array(GGUFArray(layers))]).contains(key))
    }
  }

  @Test("the image newline is found under either name, and may be absent")
  func imageNewline() throws {
    let file = try VisionGolden("pooled").file
    let expected = try #require(try VisionTower(file: file, threads: pool).imageNewline)
    #expect(expected.count == 48)
    let renamed = try RewrittenFile(file, renamed: ["model.image_newline": "v.image_newline"]).file
    #expect(try VisionTower(file: renamed, threads: pool).imageNewline == expected)
    let without = try RewrittenFile(file) {
      $0.name == "model.image_newline" ? nil : ($0.dimensions, $0.type, $1)
    }.file
    #expect(try VisionTower(file: without, threads: pool).imageNewline == nil)
  }
}
