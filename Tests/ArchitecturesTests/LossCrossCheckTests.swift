// SPDX-License-Identifier: Apache-2.0

import Architectures
import Foundation
import ModelFile
import Testing

/// The embedded model in every quantization: what Tests/CrossChecks/loss_against_llama_cpp.py left in a folder.
@Suite struct LossCrossCheckTests {
  private static let folder = ProcessInfo.processInfo.environment["EDGEASSIST_CROSSCHECK_DIR"]

  private static let runs: [String] = {
    let names = folder.flatMap { try? FileManager.default.contentsOfDirectory(atPath: $0) } ?? []
    return names.filter { $0.hasSuffix("-loss.gguf") }.sorted()
  }()

  @Test(
    "The loss over a text's answers is within half a percent of llama.cpp's for the same file",
    .enabled(
      if: folder != nil, "EDGEASSIST_CROSSCHECK_DIR names no directory of files to compare with"),
    arguments: runs)
  func sameLoss(run: String) throws {
    let folder = try #require(Self.folder)
    func open(_ name: String) throws -> GGUFFile { try GGUFFile(path: folder + "/" + name) }
    let values = try open(run)
    let golden = DecoderGolden(file: try open(values.metadata.string("model")), golden: values)
    let expected = try values.metadata.float("loss")
    let sequence = try golden.sequence("run")
    let logits = try DecoderRun(golden.file, sequence, block: 1, observed: false).logits
    let answers = try values.metadata.integers("answers")
    var sum = 0.0
    for index in answers {
      let row = logits[index - 1]
      let largest = Double(row.max() ?? 0)
      let total = row.reduce(0.0) { $0 + exp(Double($1) - largest) }
      sum += largest + log(total) - Double(row[sequence.tokens[index]])
    }
    let loss = sum / Double(answers.count)
    print("\(run): \(loss) here, \(expected) in llama.cpp, ratio \(loss / expected)")
    #expect(abs(loss / expected - 1) < 0.005)
  }
}
