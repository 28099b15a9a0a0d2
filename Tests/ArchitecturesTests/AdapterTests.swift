// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import ModelFile
import TestSupport
import Testing

/// LoRA adapters beside the weights equal peft, and are refused with a message where they do not fit.
@Suite struct AdapterTests {
  private let golden: DecoderGolden
  private let model: LanguageModel

  /// Read once. Tests set adapters, so each has a model of its own.
  private static let golden = Result { try DecoderGolden("qwen3") }

  init() throws {
    golden = try Self.golden.get()
    model = try LanguageModel(file: golden.file, threads: ThreadPool(threads: 1))
  }

  private func adapter(_ label: String, for model: LanguageModel, scale: Float = 1) throws -> LoRAAdapter {
    try LoRAAdapter(file: GGUFFile(path: goldenPath("qwen3-lora-\(label).gguf")), model: model, scale: scale)
  }

  /// The last token's logits of the golden text.
  private func logits(_ model: LanguageModel) throws -> [Float] {
    let sequence = try golden.sequence("text")
    let cache = try KeyValueCache(
      shape: model.configuration.cacheShape, budget: sequence.tokens.count, policy: .infinipotV)
    try model.prefill(tokens: sequence.tokens, positions: sequence.positions, into: cache.ticket(for: .text))
    return model.logits
  }

  @Test("all matrices changed, embedding and output head too, equal peft at every token", arguments: [1, 5, 256])
  func everything(block: Int) throws {
    let run = try DecoderRun(golden.file, golden.sequence("text"), block: block) { try adapter("everything", for: $0) }
    for reference in ["everything.logits", "everything.merged_logits"] {
      let expected = try golden.values(of: reference)
      let found = run.logits.flatMap(\.self)
      #expect(relativeDifference(found, Array(expected.suffix(found.count))) < 2e-3)
    }
  }

  @Test("an adapter in 8 bits equals peft with its dequantized weights, up to the rounding of activations")
  func quantizedAdapter() throws {
    model.adapter = try adapter("attention", for: model)
    let found = try logits(model)
    #expect(relativeDifference(found, Array(try golden.values(of: "attention.logits").suffix(found.count))) < 1e-2)
    model.adapter = nil
    let plain = try logits(model)
    #expect(relativeDifference(plain, Array(try golden.values(of: "attention.logits").suffix(found.count))) > 0.1)
  }

  @Test("adapters that are switched give what each gives alone, and no adapter gives the plain model")
  func switching() throws {
    let plain = try logits(model)
    let first = try adapter("everything", for: model)
    let second = try adapter("attention", for: model)
    model.adapter = first
    let withFirst = try logits(model)
    model.adapter = second
    let withSecond = try logits(model)
    model.adapter = nil
    #expect(try logits(model) == plain)
    model.adapter = first
    #expect(try logits(model) == withFirst)
    model.adapter = second
    #expect(try logits(model) == withSecond)
    #expect(relativeDifference(withFirst, plain) > 0.1 && relativeDifference(withSecond, plain) > 0.1)
  }

  @Test("the scale works on what is added")
  func scales() throws {
    let plain = try logits(model)
    model.adapter = try adapter("attention", for: model, scale: 0)
    #expect(try logits(model) == plain)
    // The update is 2 · up · down by its alpha of 6 and rank of 3; by a scale of ½ it is up · down, as without alpha.
    let half = try adapter("everything", for: model, scale: 0.5)
    model.adapter = half
    let scaled = try logits(model)
    let file = try GGUFFile(path: goldenPath("qwen3-lora-everything.gguf"))
    for alpha in [nil, GGUFValue.float32(0)] {
      let without = try RewrittenFile(file, metadata: ["adapter.lora.alpha": alpha]).file
      model.adapter = try LoRAAdapter(file: without, model: model)
      #expect(try logits(model) == scaled)
    }
    half.scale = 1
    model.adapter = half
    #expect(relativeDifference(try logits(model), scaled) > 0.1)
  }

  @Test("an adapter works beside quantized weights as beside dequantized ones")
  func quantizedBase() throws {
    let quantized = try QuantizedFile.file(golden.file, as: .q8_0)
    let dequantized = try QuantizedFile.dequantized(quantized)
    let results = try [quantized, dequantized].map { file in
      let model = try LanguageModel(file: file, threads: ThreadPool(threads: 2))
      model.adapter = try adapter("everything", for: model)
      return try logits(model)
    }
    #expect(relativeDifference(results[0], results[1]) < 0.04)
  }

  @Test("what an adapter is made of can be read")
  func properties() throws {
    let all = try adapter("everything", for: model)
    #expect(all.rank == 3 && all.matrixCount == 16)
    #expect(try adapter("attention", for: model).matrixCount == 4)
  }

  // MARK: Files that do not fit

  private func message(_ file: GGUFFile, model: LanguageModel? = nil) -> String {
    do {
      _ = try LoRAAdapter(file: file, model: model ?? self.model)
      return "loaded"
    } catch { return "\(error)" }
  }

  private func file(_ label: String = "attention") throws -> GGUFFile {
    try GGUFFile(path: goldenPath("qwen3-lora-\(label).gguf"))
  }

  @Test("a file that is no adapter is said to be none")
  func noAdapter() throws {
    #expect(message(golden.file).contains("general.type is missing"))
    #expect(message(try RewrittenFile(file(), metadata: ["general.type": .string("model")]).file).contains("is model"))
  }

  @Test("an adapter of another kind is named", arguments: ["ia3", "control_vector"])
  func otherKind(kind: String) throws {
    #expect(message(try RewrittenFile(file(), metadata: ["adapter.type": .string(kind)]).file).contains(kind))
  }

  @Test("an adapter that waits for certain words is refused")
  func waiting() throws {
    let key = "adapter.alora.invocation_tokens"
    let changed = try RewrittenFile(file(), metadata: [key: .array(GGUFArray([Int32(1)]))]).file
    #expect(message(changed).contains("alora"))
  }

  @Test("an adapter for another architecture is refused with both named")
  func otherArchitecture() throws {
    let text = message(try RewrittenFile(file(), metadata: ["general.architecture": .string("qwen2")]).file)
    #expect(text.contains("qwen2,") && text.contains("qwen3"))
  }

  @Test("an adapter for a model whose channels were scaled since is refused")
  func scaledChannels() throws {
    let scaled = try RewrittenFile(golden.file, metadata: ["edgeassist.channel_scaling": .string("aqas")]).file
    let model = try LanguageModel(file: scaled, threads: ThreadPool(threads: 1))
    #expect(message(try file(), model: model).contains("--scale-channels"))
  }

  @Test("an adapter for another size of the same architecture is refused with the tensor and both shapes")
  func otherSize() throws {
    let text = message(
      try RewrittenFile(file()) { tensor, bytes in
        guard tensor.name == "blk.1.attn_v.weight.lora_b" else { return (tensor.dimensions, tensor.type, bytes) }
        return ([tensor.dimensions[0], tensor.dimensions[1] * 2], tensor.type, bytes + bytes)
      }.file)
    #expect(text.contains("blk.1.attn_v.weight.lora_b") && text.contains("32×256") && text.contains("32×128"))
  }

  @Test("halves of different rank are refused", arguments: [".lora_a", ".lora_b"])
  func differentRanks(half: String) throws {
    let text = message(
      try RewrittenFile(file("everything")) { tensor, bytes in
        guard tensor.name == "blk.0.attn_q.weight" + half else { return (tensor.dimensions, tensor.type, bytes) }
        let index = half == ".lora_a" ? 1 : 0
        var longer = tensor.dimensions
        longer[index] *= 2
        return (longer, tensor.type, bytes + bytes)
      }.file)
    #expect(text.contains("blk.0.attn_q.weight.lora_a"))
  }

  @Test("a missing half is named", arguments: [".lora_a", ".lora_b"])
  func missingHalf(half: String) throws {
    let missing = "blk.0.attn_v.weight" + half
    let text = message(try RewrittenFile(file()) { $0.name == missing ? nil : ($0.dimensions, $0.type, $1) }.file)
    #expect(text.contains(missing))
  }

  @Test("a change of a matrix that the model does not have is named", arguments: ["blk.2.attn_q.weight", "cls.weight"])
  func unknownMatrix(name: String) throws {
    let renamed = [
      "blk.1.attn_q.weight.lora_a": name + ".lora_a", "blk.1.attn_q.weight.lora_b": name + ".lora_b",
    ]
    let text = message(try RewrittenFile(file(), renamed: renamed).file)
    #expect(text.contains(name + ",") && text.contains("qwen3.gguf"))
  }

  @Test("a change of the output head of a model that has none of its own is refused")
  func tiedHead() throws {
    let tied = try RewrittenFile(golden.file) { $0.name == "output.weight" ? nil : ($0.dimensions, $0.type, $1) }.file
    let model = try LanguageModel(file: tied, threads: ThreadPool(threads: 1))
    #expect(message(try file("everything"), model: model).contains("output.weight"))
  }

  @Test("a changed norm is refused rather than left out")
  func norm() throws {
    let renamed = ["blk.1.attn_q.weight.lora_a": "blk.1.attn_norm.weight"]
    let text = message(
      try RewrittenFile(file(), renamed: renamed) { tensor, bytes in
        tensor.name == "blk.1.attn_q.weight.lora_b" ? nil : (tensor.dimensions, tensor.type, bytes)
      }.file)
    #expect(text.contains("blk.1.attn_norm.weight"))
  }

  @Test("a file without any update is refused")
  func empty() throws {
    #expect(message(try RewrittenFile(file()) { _, _ in nil }.file).contains("no update"))
  }

  @Test("an alpha that is no number is refused", arguments: [Float.nan, .infinity])
  func improperAlpha(alpha: Float) throws {
    let changed = try RewrittenFile(file(), metadata: ["adapter.lora.alpha": .float32(alpha)]).file
    #expect(message(changed).contains("adapter.lora.alpha"))
  }
}
