// SPDX-License-Identifier: Apache-2.0

import Architectures
import Compute
import ModelFile
import TestSupport
import Testing

/// Every stage equals Hugging Face transformers in float32, measured as ‖ours − theirs‖ / ‖theirs‖ over all rows of the
/// stage. Ours keeps keys and values in 16 bits, theirs in 32; against a reference that rounds them too, the difference
/// is about ten times smaller.
@Suite struct Qwen2VLTransformersEqualityTests {
  static let tolerance = 1e-3
  static let cases = Qwen2VLGolden.names.flatMap { name in Qwen2VLGolden.sequences.map { (name, $0) } }

  @Test("every stage equals the reference, read in one go", arguments: cases)
  func stagesInOneGo(name: String, sequence: String) throws {
    let golden = try Qwen2VLGolden(name)
    let run = try Qwen2VLGoldenRun(golden, sequence, block: 256)
    for stage in [
      "patches", "patch_embedding", "vision_block.0", "vision_block.1", "merger", "decoder_layer.0", "decoder_layer.1",
    ] {
      let expected = try golden.stage(sequence, stage).values
      var found = try #require(run.stages[stage])
      if stage == "patches" { found = stride(from: 0, to: found.count, by: 29).map { found[$0] } }
      let difference = relativeDifference(found, expected)
      #expect(difference < Qwen2VLTransformersEqualityTests.tolerance, "\(stage): \(difference)")
    }
    try expectLastLogits(of: run, equal: golden, sequence)
  }

  /// A single row's logits: rounding keys and values to 16 bits alone moves one of these rows by 1.4e-3.
  func expectLastLogits(of run: Qwen2VLGoldenRun, equal golden: Qwen2VLGolden, _ sequence: String) throws {
    for (stage, tolerance) in [("logits", 2e-3), ("logits_16_bit_cache", 2e-4)] {
      let logits = try golden.stage(sequence, stage)
      let difference = relativeDifference(run.stepLogits[0], Array(logits.values.suffix(logits.width)))
      #expect(difference < tolerance, "\(stage): \(difference)")
    }
  }

  @Test("token by token with the cache gives the same layers and logits", arguments: cases)
  func tokenByToken(name: String, sequence: String) throws {
    let golden = try Qwen2VLGolden(name)
    let run = try Qwen2VLGoldenRun(golden, sequence, block: 1)
    for stage in ["decoder_layer.0", "decoder_layer.1"] {
      let difference = relativeDifference(
        try #require(run.stages[stage]), try golden.stage(sequence, stage).values)
      #expect(difference < Qwen2VLTransformersEqualityTests.tolerance, "\(stage): \(difference)")
    }
    for (stage, tolerance) in [("logits", Qwen2VLTransformersEqualityTests.tolerance), ("logits_16_bit_cache", 2e-4)] {
      let difference = relativeDifference(run.stepLogits.flatMap(\.self), try golden.stage(sequence, stage).values)
      #expect(difference < tolerance, "\(stage): \(difference)")
    }
  }

  @Test("input cut into blocks that do not divide it gives the same", arguments: cases)
  func unevenBlocks(name: String, sequence: String) throws {
    let golden = try Qwen2VLGolden(name)
    let run = try Qwen2VLGoldenRun(golden, sequence, block: 4, threads: 1)
    let difference = relativeDifference(
      try #require(run.stages["decoder_layer.1"]), try golden.stage(sequence, "decoder_layer.1").values)
    #expect(difference < Qwen2VLTransformersEqualityTests.tolerance)
  }

  @Test("the portable kernels give the same", arguments: cases)
  func portable(name: String, sequence: String) throws {
    let golden = try Qwen2VLGolden(name)
    let run = try Qwen2VLGoldenRun(golden, sequence, block: 16, instructionSet: .portable)
    let difference = relativeDifference(
      try #require(run.stages["decoder_layer.1"]), try golden.stage(sequence, "decoder_layer.1").values)
    #expect(difference < Qwen2VLTransformersEqualityTests.tolerance)
  }

  @Test("with tables of 16 lines every stage is near, and none is equal", arguments: cases)
  func tables(name: String, sequence: String) throws {
    let golden = try Qwen2VLGolden(name)
    let run = try Qwen2VLGoldenRun(golden, sequence, block: 16, nonlinear: .lut16)
    for stage in ["decoder_layer.0", "decoder_layer.1"] {
      let difference = relativeDifference(
        try #require(run.stages[stage]), try golden.stage(sequence, stage).values)
      #expect(difference > 1e-5 && difference < 2e-2, "\(stage): \(difference)")
    }
  }

  @Test("positions are those that the reference was given", arguments: cases)
  func positions(name: String, sequence: String) throws {
    let expected = try Qwen2VLGolden(name).sequence(sequence)
    var timeline = MRoPEPositionAssigner()
    var found = timeline.text(expected.before.count)
    timeline.beginVision()
    for _ in 0..<expected.grid.temporalPatches {
      found += timeline.temporalPatch(height: expected.grid.height, width: expected.grid.width)
    }
    timeline.endVision()
    found += timeline.text(expected.after.count)
    #expect(found == expected.positions)
  }

  @Test(
    "without a recording of the stages, where the last layer is cut short, the logits are the same", arguments: cases)
  func shortLastLayer(name: String, sequence: String) throws {
    let golden = try Qwen2VLGolden(name)
    let run = try Qwen2VLGoldenRun(golden, sequence, block: 256, isRecorded: false)
    try expectLastLogits(of: run, equal: golden, sequence)
  }
}
