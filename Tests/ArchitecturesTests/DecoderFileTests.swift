// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import ModelFile
import TestSupport
import Testing

/// Valid and invalid files of the further kinds of language model.
@Suite struct DecoderFileTests {
  private func message(_ file: GGUFFile) -> String {
    do {
      _ = try LanguageModel(file: file, threads: ThreadPool(threads: 1))
      return "loaded"
    } catch { return "\(error)" }
  }

  @Test(
    "models with a mixture of experts and other relatives are refused by name",
    arguments: ["qwen3vlmoe", "qwen3moe", "qwen2moe", "qwen3next", "qwen35moe"])
  func relatives(architecture: String) throws {
    let file = try RewrittenFile(
      DecoderGolden("qwen3").file, metadata: ["general.architecture": .string(architecture)]
    ).file
    #expect(message(file).contains("the kind \(architecture);"))
    #expect(message(file).contains("qwen2vl, qwen3vl, qwen2, qwen3"))
    #expect(message(file).contains("mixture of experts") == architecture.hasSuffix("moe"))
  }

  @Test("a mixture of experts by its key is said not to be supported")
  func experts() throws {
    let file = try RewrittenFile(DecoderGolden("qwen3").file, metadata: ["qwen3.expert_count": .uint32(8)]).file
    #expect(message(file).contains("qwen3.expert_count is 8, and mixture-of-experts models are not supported"))
  }

  @Test(
    "settings that change the computation are refused by key",
    arguments: [
      ("expert_count", .uint32(8)), ("rope.dimension_count", .uint32(64)), ("rope.scaling.type", .string("longrope")),
      ("rope.scaling.type", .string("yarn")), ("rope.scaling.alpha", .float32(2)),
      ("rope.scaling.attn_factor", .float32(0.5)), ("rope.scaling.yarn_ext_factor", .float32(0)),
    ] as [(String, GGUFValue)])
  func settings(key: String, value: GGUFValue) throws {
    let factor: [String: GGUFValue?] =
      key == "rope.scaling.type" && value != .string("yarn")
      ? ["qwen3.rope.scaling.factor": .float32(2)] : [:]
    let metadata = factor.merging(["qwen3." + key: value]) { first, _ in first }
    let text = message(try RewrittenFile(DecoderGolden("qwen3").file, metadata: metadata).file)
    // A kind of scaling without a factor lacks that key.
    #expect(text.contains(value == .string("yarn") ? "qwen3.rope.scaling.factor" : "qwen3." + key))
  }

  @Test(
    "nonsense factors of scaled RoPE are refused",
    arguments: [Float.nan, 0, -1, .infinity, 0.5])
  func factors(factor: Float) throws {
    let metadata: [String: GGUFValue?] = [
      "qwen3.rope.scaling.type": .string("yarn"), "qwen3.rope.scaling.factor": .float32(factor),
    ]
    let text = message(try RewrittenFile(DecoderGolden("qwen3").file, metadata: metadata).file)
    #expect(text.contains("qwen3.rope.scaling.factor"))
  }

  @Test("a kind of scaling that is none changes nothing")
  func noStretching() throws {
    let golden = try DecoderGolden("qwen3")
    let metadata: [String: GGUFValue?] = [
      "qwen3.rope.scaling.type": .string("none"), "qwen3.rope.scaling.factor": .float32(4),
    ]
    let sequence = try golden.sequence("yarn")
    let found = try DecoderRun(RewrittenFile(golden.file, metadata: metadata).file, sequence).logits
    #expect(try DecoderRun(golden.file, sequence).logits == found)
  }

  @Test(
    "sections that cannot be interleaved are refused", arguments: [[0, 32, 32, 0], [10, 44, 10, 0], [21, 21, 22, 0]])
  func interleaving(sections: [Int32]) throws {
    let key = "qwen3vl.rope.dimension_sections"
    let file = try RewrittenFile(DecoderGolden("qwen3-vl").file, metadata: [key: .array(GGUFArray(sections))]).file
    #expect(message(file).contains(key))
  }

  @Test("sections are four numbers, no fewer and no more", arguments: [[11, 11, 10], [11, 11, 10, 0, 0]])
  func sectionCount(sections: [Int32]) throws {
    let key = "qwen35.rope.dimension_sections"
    let file = try RewrittenFile(DecoderGolden("qwen3.5").file, metadata: [key: .array(GGUFArray(sections))]).file
    #expect(message(file).contains(key))
  }

  @Test("more deepstack layers than layers are refused", arguments: [4, -1, 1 << 40])
  func deepstack(count: Int) throws {
    let key = "qwen3vl.n_deepstack_layers"
    let file = try RewrittenFile(DecoderGolden("qwen3-vl").file, metadata: [key: .int64(Int64(count))]).file
    #expect(message(file).contains(key))
  }

  @Test("nonsense divisors of Llama 3's RoPE frequencies are refused", arguments: [Float.nan, 0, -1, .infinity])
  func divisors(divisor: Float) throws {
    let file = try RewrittenFile(DecoderGolden("llama3").file) { tensor, bytes in
      guard tensor.name == "rope_freqs.weight" else { return (tensor.dimensions, tensor.type, bytes) }
      let last = withUnsafeBytes(of: divisor.bitPattern.littleEndian) { Array($0) }
      return (tensor.dimensions, tensor.type, bytes.dropLast(4) + last)
    }.file
    #expect(message(file).contains("rope_freqs.weight is \(Double(divisor)) but must be positive"))
    let shorter = try RewrittenFile(DecoderGolden("llama3").file) { tensor, bytes in
      guard tensor.name == "rope_freqs.weight" else { return (tensor.dimensions, tensor.type, bytes) }
      return ([tensor.dimensions[0] / 2], tensor.type, Array(bytes.prefix(bytes.count / 2)))
    }.file
    #expect(message(shorter).contains("rope_freqs.weight"))
  }

  @Test("without its divisors, a model of Llama 3 gives something else")
  func withoutDivisors() throws {
    let golden = try DecoderGolden("llama3")
    let plain = try RewrittenFile(golden.file) { tensor, bytes in
      tensor.name == "rope_freqs.weight" ? nil : (tensor.dimensions, tensor.type, bytes)
    }.file
    let logits = try DecoderRun(plain, golden.sequence("text")).logits[0]
    let expected = Array(try golden.values(of: "text.logits").suffix(logits.count))
    #expect(relativeDifference(logits, expected) > 0.05)
  }

  @Test("any missing tensor is named, any of another shape with both shapes")
  func tensors() throws {
    let original = try DecoderGolden("qwen3-vl").file
    for name in original.tensors.map(\.name) where name != "token_embd.weight" {
      let missing = try RewrittenFile(original) { $0.name == name ? nil : ($0.dimensions, $0.type, $1) }.file
      #expect(message(missing).contains(name))
      let longer = try RewrittenFile(original) { tensor, bytes in
        guard tensor.name == name else { return (tensor.dimensions, tensor.type, bytes) }
        return (tensor.dimensions.dropLast() + [(tensor.dimensions.last ?? 0) * 2], tensor.type, bytes + bytes)
      }.file
      #expect(message(longer).contains("tensor \(name) is"))
    }
  }

  @Test("embeddings without deepstack features are refused")
  func plainVision() throws {
    let golden = try DecoderGolden("qwen3-vl")
    let model = try LanguageModel(file: golden.file, threads: ThreadPool(threads: 1))
    #expect(model.configuration.deepstackLayers == 2)
    let cache = try KeyValueCache(shape: model.configuration.cacheShape, budget: 8, policy: .infinipotV)
    let block = VisionTokenEmbeddings(rows: 1, width: 64, values: Array(repeating: 0, count: 64))
    let error = #expect(throws: ModelError.self) {
      try model.prefill(
        embeddings: block, positions: [MRoPEPosition(text: 0)],
        into: cache.ticket(for: .vision, grid: GridTHW(temporalPatches: 1, height: 1, width: 1)))
    }
    #expect(error?.description.contains("192") == true)
    #expect(cache.count == 0)
  }

  @Test("an output head may be of its own and of another type than the rest, or be the embedding matrix")
  func outputHeads() throws {
    let golden = try DecoderGolden("qwen3")
    let sequence = try golden.sequence("text")
    let own = try DecoderRun(golden.file, sequence).logits
    let wide = try RewrittenFile(golden.file) { tensor, bytes in
      guard tensor.name == "output.weight" else { return (tensor.dimensions, tensor.type, bytes) }
      return (tensor.dimensions, .f32, halves(bytes).flatMap { withUnsafeBytes(of: $0) { Array($0) } })
    }.file
    #expect(relativeDifference(try DecoderRun(wide, sequence).logits[0], own[0]) < 1e-5)
    let tied = try RewrittenFile(golden.file) { $0.name == "output.weight" ? nil : ($0.dimensions, $0.type, $1) }.file
    #expect(relativeDifference(try DecoderRun(tied, sequence).logits[0], own[0]) > 0.1)
  }
}
