// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import ModelFile
import TestSupport
import Testing

/// Decoders equal Hugging Face transformers where compressions evict tokens while a stream is read: every head by its
/// own choice, recurrent states untouched. See Goldens/compressed_sequences.py.
@Suite("With compressions on the way") struct CompressionEqualityTests {
  static let names = ["llama", "lfm2", "qwen3.5"]
  private static let label = "compressed"
  /// Keys and values have 16 bits on both sides.
  private static let tolerance = 2e-4

  private func golden(_ name: String) throws -> DecoderGolden {
    DecoderGolden(
      file: try GGUFFile(path: goldenPath(name + ".gguf")),
      golden: try GGUFFile(path: goldenPath(name + "-compressed-golden.gguf")))
  }

  @Test("the logits equal the reference, read in one go", arguments: names)
  func inOneGo(name: String) throws {
    let golden = try golden(name)
    let run = try DecoderRun(golden.file, golden.sequence(Self.label), budget: golden.integer("compressed.budget"))
    #expect(run.compressions == 2)
    let expected = try golden.values(of: "compressed.logits_16_bit_cache").suffix(run.logits[0].count)
    #expect(relativeDifference(run.logits[0], Array(expected)) < Self.tolerance)
  }

  @Test(
    "token by token gives the same, and so do the portable kernels", arguments: names, [InstructionSet.best, .portable])
  func tokenByToken(name: String, instructionSet: InstructionSet) throws {
    let golden = try golden(name)
    let run = try DecoderRun(
      golden.file, golden.sequence(Self.label), block: 1, instructionSet: instructionSet,
      budget: golden.integer("compressed.budget"))
    #expect(run.compressions == 2)
    let expected = try golden.values(of: "compressed.logits_16_bit_cache")
    #expect(relativeDifference(run.logits.flatMap(\.self), expected) < Self.tolerance)
  }

  @Test("without a compression the logits are others", arguments: names)
  func withoutCompression(name: String) throws {
    let golden = try golden(name)
    let run = try DecoderRun(golden.file, golden.sequence(Self.label), block: 1)
    #expect(run.compressions == 0)
    let expected = try golden.values(of: "compressed.logits_16_bit_cache")
    #expect(relativeDifference(run.logits.flatMap(\.self), expected) > 0.02)
  }
}
