// SPDX-License-Identifier: Apache-2.0

import Architectures
import Compute
import ModelFile
import Testing

/// Contradictions in a stranger's file: each is an error with a message, none a trap.
@Suite struct Qwen2VLFileTests {
  private let golden: Qwen2VLGolden
  private let pool = ThreadPool(threads: 1)

  init() throws { golden = try Qwen2VLGolden("grouped-by-two") }

  private func message(_ file: GGUFFile, vision: Bool = false) -> String {
    do {
      if vision {
        _ = try VisionTower(file: file, threads: pool)
      } else {
        _ = try LanguageModel(file: file, threads: pool)
      }
      return "loaded"
    } catch { return "\(error)" }
  }

  @Test("another architecture is named together with those supported")
  func otherArchitecture() throws {
    let file = try RewrittenFile(golden.model, metadata: ["general.architecture": .string("phi3")]).file
    let text = message(file)
    #expect(text.contains("phi3") && text.contains("qwen2vl"))
    #expect(text.contains(file.path))
  }

  @Test("a language model given as a vision tower, and the other way round, is told apart")
  func mixedUp() {
    #expect(message(golden.model, vision: true).contains("clip"))
    #expect(message(golden.vision).contains("clip"))
  }

  @Test("another kind of vision tower is named")
  func otherProjector() throws {
    let file = try RewrittenFile(golden.vision, metadata: ["clip.projector_type": .string("ldp")]).file
    #expect(message(file, vision: true).contains("ldp"))
    #expect(message(file, vision: true).contains("qwen2vl_merger"))
  }

  @Test("any missing tensor is named")
  func missingTensors() throws {
    for (original, vision) in [(golden.model, false), (golden.vision, true)] {
      // Biases of all blocks and a separate output matrix may be absent; those of one block or a layer norm may not.
      for missing in original.tensors.map(\.name)
      where missing != "output.weight"
        && ["weight", "ln", "blk."].contains(where: missing.contains)
      {
        let file = try RewrittenFile(original) { $0.name == missing ? nil : ($0.dimensions, $0.type, $1) }.file
        #expect(message(file, vision: vision).contains(missing))
      }
    }
  }

  @Test("any tensor of another shape is named with both shapes")
  func wrongShapes() throws {
    for (original, vision) in [(golden.model, false), (golden.vision, true)] {
      for wrong in original.tensors.map(\.name) where wrong != "token_embd.weight" && wrong != "v.blk.0.ffn_up.weight" {
        let file = try RewrittenFile(original) { tensor, bytes in
          guard tensor.name == wrong else { return (tensor.dimensions, tensor.type, bytes) }
          let longer = tensor.dimensions.dropLast() + [tensor.dimensions[tensor.dimensions.count - 1] * 2]
          return (Array(longer), tensor.type, bytes + bytes)
        }.file
        let text = message(file, vision: vision)
        #expect(text.contains("tensor \(wrong) is"), "\(text)")
      }
    }
  }

  @Test("a storage type without kernels is named with its tensor and those supported")
  func unsupportedType() throws {
    let file = try RewrittenFile(golden.model) { tensor, bytes in
      guard tensor.name == "blk.1.ffn_down.weight" else { return (tensor.dimensions, tensor.type, bytes) }
      let size = try #require(TensorDescription.byteCount(dimensions: tensor.dimensions, type: .q8_1))
      return (tensor.dimensions, .q8_1, Array(repeating: 0, count: size))
    }.file
    let text = message(file)
    #expect(text.contains("blk.1.ffn_down.weight") && text.contains("Q8_1") && text.contains("Q8_0, Q2_K"))
  }

  @Test(
    "nonsense sizes of the language model are refused",
    arguments: [
      ("block_count", 0), ("block_count", -1), ("block_count", 1 << 40), ("block_count", 3),
      ("embedding_length", 0), ("embedding_length", 1 << 50), ("embedding_length", 129),
      ("feed_forward_length", 0), ("feed_forward_length", 1 << 40),
      ("attention.head_count", 0), ("attention.head_count", 3), ("attention.head_count", 1 << 33),
      ("attention.head_count_kv", 0), ("attention.head_count_kv", 7), ("attention.head_count_kv", -2),
      ("attention.key_length", 0), ("attention.key_length", 63), ("attention.key_length", 1 << 20),
      ("context_length", 0),
    ])
  func nonsense(key: String, value: Int) throws {
    let file = try RewrittenFile(golden.model, metadata: ["qwen2vl." + key: .int64(Int64(value))]).file
    #expect(message(file) != "loaded")
  }

  @Test(
    "nonsense numbers of the heads that the file has weights of are refused",
    arguments: [[], [1], [0, 1], [1, 3], [-1, 1]])
  func keptHeads(counts: [Int32]) throws {
    let file = try RewrittenFile(golden.model, metadata: [GGUFMetadata.keptHeadsKey: .array(GGUFArray(counts))]).file
    #expect(message(file).contains(GGUFMetadata.keptHeadsKey))
  }

  @Test(
    "nonsense sizes of the vision tower are refused",
    arguments: [
      ("block_count", 0), ("block_count", 1 << 40), ("embedding_length", 0), ("embedding_length", 33),
      ("embedding_length", 1 << 40), ("attention.head_count", 0), ("attention.head_count", 5),
      ("attention.head_count", 32), ("patch_size", 0), ("patch_size", 13), ("patch_size", 1 << 40),
      ("spatial_merge_size", 0), ("spatial_merge_size", 3), ("projection_dim", 0), ("projection_dim", 129),
    ])
  func visionNonsense(key: String, value: Int) throws {
    let file = try RewrittenFile(golden.vision, metadata: ["clip.vision." + key: .int64(Int64(value))]).file
    #expect(message(file, vision: true) != "loaded")
  }

  @Test(
    "rope sections must add up to a head's pairs",
    arguments: [[], [16], [1, 2, 3], [16, 16, 16, 16], [-8, 20, 20, 0]])
  func sections(sections: [Int32]) throws {
    let key = "qwen2vl.rope.dimension_sections"
    let file = try RewrittenFile(golden.model, metadata: [key: .array(GGUFArray(sections))]).file
    #expect(message(file).contains(key))
  }

  @Test("epsilons, RoPE thetas, means and standard deviations must be proper numbers")
  func improperNumbers() throws {
    for (key, value) in [
      ("qwen2vl.attention.layer_norm_rms_epsilon", Float.nan), ("qwen2vl.attention.layer_norm_rms_epsilon", -1),
      ("qwen2vl.rope.freq_base", .infinity), ("qwen2vl.rope.freq_base", 0),
    ] {
      let file = try RewrittenFile(golden.model, metadata: [key: .float32(value)]).file
      #expect(message(file).contains(key))
    }
    for (key, values) in [
      ("clip.vision.image_std", [Float(0), 1, 1]), ("clip.vision.image_std", [1, 1]),
      ("clip.vision.image_mean", [.nan, 0, 0]),
    ] {
      let file = try RewrittenFile(golden.vision, metadata: [key: .array(GGUFArray(values))]).file
      #expect(message(file, vision: true).contains(key))
    }
  }

  @Test("a missing key is named")
  func missingKey() throws {
    for key in ["qwen2vl.block_count", "qwen2vl.attention.head_count", "qwen2vl.rope.dimension_sections"] {
      let file = try RewrittenFile(golden.model, metadata: [key: nil as GGUFValue?]).file
      #expect(message(file).contains(key))
    }
  }

  @Test("a vision tower of another width than the model's is refused with both widths and both files")
  func misfit() throws {
    let tower = try VisionTower(file: Qwen2VLGolden("grouped-by-six").vision, threads: pool)
    let model = try LanguageModel(file: golden.model, threads: pool)
    let error = #expect(throws: ModelError.self) { try tower.check(fits: model) }
    let text = try #require(error?.description)
    #expect(text.contains("96") && text.contains("128"))
    #expect(text.contains("grouped-by-six-mmproj.gguf") && text.contains("grouped-by-two.gguf"))
  }

  @Test("a vision tower of another family than the model's is refused, whatever its width")
  func otherFamily() throws {
    let tower = try VisionTower(file: GGUFFile(path: goldenPath("whole-lfm2-mmproj.gguf")), threads: pool)
    let model = try LanguageModel(file: GGUFFile(path: goldenPath("whole-idefics3.gguf")), threads: pool)
    let text = try #require(#expect(throws: ModelError.self) { try tower.check(fits: model) }?.description)
    #expect(text.contains("whole-lfm2-mmproj.gguf is a vision tower of another family (lfm2)"))
    #expect(text.contains("whole-idefics3.gguf (llama)"))
  }

  @Test("a tower whose feed-forward names are swapped, as older files have them, gives the same")
  func swappedNames() throws {
    var names: [String: String] = [:]
    for index in 0..<2 {
      for part in ["weight", "bias"] {
        names["v.blk.\(index).ffn_up.\(part)"] = "v.blk.\(index).ffn_down.\(part)"
        names["v.blk.\(index).ffn_down.\(part)"] = "v.blk.\(index).ffn_up.\(part)"
      }
    }
    let swapped = try RewrittenFile(golden.vision, renamed: names).file
    let sequence = try golden.sequence("image")
    let plain = try VisionTower(file: golden.vision, threads: pool)
    let (first, second) = sequence.images(0, tower: plain.configuration)
    let other = try VisionTower(file: swapped, threads: pool)
    let expected = try plain.encode(first, second).values
    let found = try other.encode(first, second).values
    #expect(found == expected)
  }
}
