// SPDX-License-Identifier: Apache-2.0

import Architectures
import Compute
import ModelFile
import TestSupport
import Testing

/// Each kind of language model equals Hugging Face transformers in float32 from embeddings and positions to logits;
/// measure and tolerances as in `Qwen2VLTransformersEqualityTests`.
@Suite struct DecoderTransformersEqualityTests {
  static let cases = [
    ("qwen3", "text"), ("qwen3-vl", "video"), ("qwen2.5-vl", "video"), ("llava-onevision", "video"), ("llama", "text"),
    ("llama3", "text"), ("lfm2", "video"), ("qwen3.5", "video"),
  ]

  @Test("every layer and the logits equal the reference, read in one go", arguments: cases)
  func inOneGo(name: String, label: String) throws {
    let golden = try DecoderGolden(name)
    let run = try DecoderRun(golden.file, golden.sequence(label))
    try expectLayers(of: run, equal: golden, label)
    try expectLastLogits(of: run, equal: golden, label)
  }

  @Test("token by token gives the same", arguments: cases)
  func tokenByToken(name: String, label: String) throws {
    let golden = try DecoderGolden(name)
    let run = try DecoderRun(golden.file, golden.sequence(label), block: 1)
    try expectLayers(of: run, equal: golden, label)
    for (stage, tolerance) in [("logits", Qwen2VLTransformersEqualityTests.tolerance), ("logits_16_bit_cache", 2e-4)] {
      let difference = relativeDifference(run.logits.flatMap(\.self), try golden.values(of: "\(label).\(stage)"))
      #expect(difference < tolerance, "\(stage): \(difference)")
    }
  }

  @Test("blocks that do not divide the input, one thread and the portable kernels give the same", arguments: cases)
  func unevenBlocks(name: String, label: String) throws {
    let golden = try DecoderGolden(name)
    let run = try DecoderRun(golden.file, golden.sequence(label), block: 4, threads: 1, instructionSet: .portable)
    try expectLayers(of: run, equal: golden, label)
  }

  @Test(
    "without a recording of the stages, where the last layer is cut short, the logits are the same", arguments: cases)
  func shortLastLayer(name: String, label: String) throws {
    let golden = try DecoderGolden(name)
    try expectLastLogits(
      of: try DecoderRun(golden.file, golden.sequence(label), isRecorded: false), equal: golden, label)
  }

  @Test(
    "scaled RoPE gives what the reference gives",
    arguments: [("linear", Float(2), nil), ("yarn", 4, UInt32(4096))] as [(String, Float, UInt32?)])
  func scaledRoPE(kind: String, factor: Float, originalLength: UInt32?) throws {
    let golden = try DecoderGolden("qwen3")
    let file = try RewrittenFile(
      golden.file,
      metadata: [
        "qwen3.rope.scaling.type": .string(kind), "qwen3.rope.scaling.factor": .float32(factor),
        "qwen3.rope.scaling.original_context_length": originalLength.map { .uint32($0) },
      ]
    ).file
    let sequence = try golden.sequence(kind)
    try expectLastLogits(of: try DecoderRun(file, sequence), equal: golden, kind)
    // As it is, the model gives something else.
    let plain = try DecoderRun(golden.file, sequence).logits[0]
    #expect(relativeDifference(plain, Array(try golden.values(of: kind + ".logits").suffix(plain.count))) > 0.05)
  }

  private func expectLayers(of run: DecoderRun, equal golden: DecoderGolden, _ label: String) throws {
    for (index, rows) in run.layers {
      let difference = relativeDifference(rows, try golden.values(of: "\(label).decoder_layer.\(index)"))
      #expect(difference < Qwen2VLTransformersEqualityTests.tolerance, "layer \(index): \(difference)")
    }
    #expect(run.layers.count >= 2)
  }

  private func expectLastLogits(of run: DecoderRun, equal golden: DecoderGolden, _ label: String) throws {
    for (stage, tolerance) in [("logits", 2e-3), ("logits_16_bit_cache", 2e-4)] {
      let expected = try golden.values(of: "\(label).\(stage)").suffix(run.logits[0].count)
      let difference = relativeDifference(run.logits[0], Array(expected))
      #expect(difference < tolerance, "\(stage): \(difference)")
    }
  }
}
