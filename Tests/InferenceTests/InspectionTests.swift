// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Foundation
import Inference
import Records
import TestSupport
import Testing

@Suite("An inspection")
struct InspectionTests {
  private static let checkout = Checkout.root

  private func inspect(
    _ path: String, budget: CacheBudget? = nil,
    machine: MachineMemory? = MachineMemory(limit: 1 << 40, available: 1 << 40)
  ) throws -> ModelInspection {
    try ModelInspection(path: Self.checkout.appending(path: path).path, budget: budget, threads: 1, machine: machine)
  }

  @Test(
    "sorts tensors by what they are for",
    arguments: [
      ("token_embd.weight", .embedding), ("blk.3.attn_q.weight", .attention), ("blk.3.attn_q_norm.weight", .norms),
      ("blk.0.ffn_gate.weight", .feedForward), ("blk.0.ffn_norm.weight", .norms), ("output_norm.weight", .norms),
      ("output.weight", .output), ("v.patch_embd.weight.1", .embedding), ("v.position_embd.weight", .embedding),
      ("v.blk.1.ln1.bias", .norms), ("v.blk.1.attn_out.weight", .attention), ("v.post_ln.weight", .norms),
      ("mm.0.weight", .projector), ("v.deepstack.5.fc1.weight", .projector), ("v.image_newline", .projector),
      ("v.vit_merger.attn_q.weight", .attention), ("v.vit_merger.ln1.weight", .norms),
      ("v.vit_merger.ds_ln.bias", .norms), ("v.vit_merger.ds_ffn_up.weight", .feedForward),
      ("mm.input_norm.weight", .projector), ("blk.0.attn_k.weight.lora_a", .attention), ("rope_freqs.weight", .other),
    ] as [(String, TensorKind)])
  func tensorKinds(name: String, kind: TensorKind) {
    #expect(TensorKind(tensor: name) == kind)
  }

  @Test("of a language model finds its vision tower and foretells its memory")
  func languageModel() throws {
    let inspection = try inspect("Models/edgeassist-tiny-Q8_0.gguf")
    #expect(inspection.file.kind == .languageModel && inspection.file.architecture == "qwen2vl")
    #expect(inspection.file.mainType == .q8_0)
    #expect(inspection.file.sizes.layers == 6 && inspection.file.sizes.cacheBytesPerToken == 3072)
    #expect(inspection.vision?.kind == .visionTower)
    #expect(inspection.tokenizer?.vocabularySize == 1024 && inspection.tokenizer?.isUsable == true)
    #expect(inspection.obstacle == nil && inspection.fits == true)
    let counted = inspection.file.groups.reduce(0) { $0 + $1.tensorCount }
    #expect(counted == inspection.file.tensors.count)
  }

  @Test("knows what does not fit, and what would")
  func tooSmall() throws {
    let inspection = try inspect(
      "Models/edgeassist-tiny-Q8_0.gguf", budget: .tokens(4096),
      machine: MachineMemory(limit: 112 << 20, available: 112 << 20))
    let estimate = try #require(inspection.estimate)
    let fitting = try #require(inspection.fittingBudget)
    #expect(inspection.fits == false && fitting > 0 && fitting < estimate.budget)
  }

  @Test("of an architecture that cannot be run says so and tells the rest")
  func unknownArchitecture() throws {
    let inspection = try inspect("Tests/ModelFileTests/Goldens/everything.gguf")
    #expect(inspection.obstacle?.contains("golden") == true && inspection.estimate == nil)
    #expect(inspection.file.parameterCount > 500 && inspection.file.groups.allSatisfy { $0.kind == .other })
  }

  @Test("of an adapter tells its rank and what it adapts")
  func adapter() throws {
    let inspection = try inspect("Tests/ArchitecturesTests/Goldens/qwen3-lora-attention.gguf")
    let adapter = try #require(inspection.adapter)
    #expect(inspection.file.kind == .adapter && adapter.type == "lora")
    #expect(adapter.ranks.count == 1 && adapter.targetCount * 2 == inspection.file.tensors.count)
  }

  @Test("of a vision tower by itself")
  func visionTower() throws {
    let inspection = try inspect("Tests/ArchitecturesTests/Goldens/windows-mmproj.gguf")
    #expect(inspection.file.kind == .visionTower && inspection.obstacle == nil && inspection.tokenizer == nil)
    #expect(inspection.file.groups.contains { $0.kind == .projector })
  }

  @Test("of a file that is none is refused")
  func unreadable() {
    #expect(throws: ReportedError.self) { try inspect("Package.swift") }
  }
}
