// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelFile
import Quantization
import TestSupport
import Testing

/// A model of zeros, and the types that llama.cpp quantizes its tensors to: Goldens/types.json.
private struct ReferenceModel: Decodable {
  struct Recipe: Decodable {
    let fileType: Int
    let usual: String
    let others: [String: String]

    enum CodingKeys: String, CodingKey {
      case usual, others
      case fileType = "file_type"
    }
  }

  struct Metadata: Decodable {
    let heads: Int
    let keys: Int
  }

  let metadata: Metadata
  let shapes: [String: [Int]]
  let recipes: [String: Recipe]
}

@Suite("A plan")
struct PlanTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("gives each tensor the type that llama.cpp gives it", arguments: ["wide", "narrow"])
  func types(model: String) throws {
    let url = try #require(Bundle.module.url(forResource: "types", withExtension: "json", subdirectory: "Goldens"))
    let references = try JSONDecoder().decode([String: ReferenceModel].self, from: Data(contentsOf: url))
    let reference = try #require(references[model])
    let metadata = GGUFMetadata([
      "general.architecture": .string("qwen2"),
      "qwen2.attention.head_count": .uint32(UInt32(reference.metadata.heads)),
      "qwen2.attention.head_count_kv": .uint32(UInt32(reference.metadata.keys)),
    ])
    let tensors = reference.shapes.sorted { $0.key < $1.key }.map { TestTensor($0.key, $0.value) }
    let file = try writeModel(folder.path("source.gguf"), tensors, metadata: metadata)
    #expect(reference.recipes.count > 15)
    for (name, expected) in reference.recipes {
      let plan = try QuantizationPlan(file: file, recipe: recipe(name))
      for entry in plan.entries {
        let type = entry.tensor.dimensions.count == 1 ? "F32" : expected.others[entry.tensor.name] ?? expected.usual
        #expect(entry.target.name == type, "\(name): \(entry.tensor.name)")
      }
      #expect(plan.fileType == expected.fileType, "\(name)")
    }
  }

  @Test("keeps what is small and sensitive in a vision tower")
  func visionTower() throws {
    let file = try writeModel(
      folder.path("mmproj.gguf"),
      [
        TestTensor("v.patch_embd.weight", [14, 14, 3, 64], .f16), TestTensor("v.position_embd.weight", [64, 9]),
        TestTensor("v.blk.0.ln1.weight", [64]), TestTensor("v.blk.0.attn_qkv.weight", [64, 192], .f16),
        TestTensor("v.blk.0.attn_qkv.bias", [192]), TestTensor("v.blk.0.ffn_down.weight", [100, 64], .f16),
        TestTensor("mm.0.weight", [256, 64], .bf16), TestTensor("model.image_newline", [64]),
      ], metadata: GGUFMetadata(["general.architecture": .string("clip")]))
    let targets = try QuantizationPlan(file: file, recipe: recipe("Q4_K_S")).entries.map(\.target)
    #expect(targets == [.f16, .f32, .f32, .q5_1, .f32, .f16, .q4_K, .f32])
  }

  @Test("is for all block formats, and says how large the file will be")
  func sizes() throws {
    let file = try writeModel(folder.path("a.gguf"), [TestTensor("blk.0.attn_q.weight", [512, 8])])
    var seen: Set<TensorType> = []
    for recipe in QuantizationRecipe.all where recipe.name != "F32" {
      let plan = try QuantizationPlan(file: file, recipe: recipe)
      seen.insert(recipe.type)
      #expect(plan.bytesAfter == 512 * 8 / recipe.type.elementsPerBlock * recipe.type.bytesPerBlock)
      #expect(plan.bytesBefore == 512 * 8 * 4)
    }
    #expect(
      seen == [
        .f16, .bf16, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .iq4_nl, .iq4_xs, .mxfp4,
        .nvfp4, .amxfp4, .dint4, .sawb2, .tq1_0, .tq2_0,
      ])
  }

  @Test("is found by its customary name", arguments: [("q4_k", "Q4_K_M"), ("Q5_K", "Q5_K_M"), ("iq4_nl", "IQ4_NL")])
  func names(name: String, full: String) throws {
    #expect(QuantizationRecipe(named: name)?.name == full)
    #expect(QuantizationRecipe(named: name + "x") == nil)
  }

  @Test("refuses what is quantized already, and says so of eight bits")
  func alreadyQuantized() throws {
    let path = folder.path("a.gguf")
    let name = "blk.0.attn_q.weight"
    let four = try writeModel(path, [TestTensor(name, [64, 2], .q4_0)])
    #expect(throws: QuantizationError.alreadyQuantized(path: path, tensor: name, type: .q4_0)) {
      try QuantizationPlan(file: four, recipe: recipe("Q8_0"))
    }
    let eight = try writeModel(path, [TestTensor(name, [64, 2], .q8_0)])
    let plan = try QuantizationPlan(file: eight, recipe: recipe("Q4_0"))
    #expect(plan.notes.contains { $0.contains("Q8_0") })
    #expect(throws: QuantizationError.nothingToDo(path: path, recipe: "Q8_0")) {
      try QuantizationPlan(file: eight, recipe: recipe("Q8_0"))
    }
  }
}
