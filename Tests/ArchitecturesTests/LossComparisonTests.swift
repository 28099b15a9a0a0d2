// SPDX-License-Identifier: Apache-2.0

import Architectures
import Foundation
import ModelFile
import Testing

/// The embedded model in 18 quantizations, and llama.cpp's loss over a text with each.
@Suite("Losses beside llama.cpp")
struct LossComparisonTests {
  private static let files = ReferenceFiles(ending: "-loss.gguf", script: "make_llama_cpp_loss.py")

  @Test(
    "The loss over a text's answers is within half a percent of llama.cpp's for the same file",
    .enabled(if: !files.names.isEmpty, Comment(rawValue: files.reason)), arguments: files.names)
  func sameLoss(run: String) throws {
    let values = try Self.files.open(run)
    let golden = DecoderGolden(file: try ReferenceFiles.open(values.metadata.string("model")), golden: values)
    let expected = try values.metadata.float("loss")
    let sequence = try golden.sequence("run")
    let logits = try DecoderRun(golden.file, sequence, block: 1, isRecorded: false).logits
    let answers = try values.metadata.integers("answers")
    var sum = 0.0
    for index in answers {
      sum += negativeLogLikelihood(of: sequence.tokens[index], logits[index - 1])
    }
    let loss = sum / Double(answers.count)
    print("\(run): \(loss) here, \(expected) in llama.cpp, ratio \(loss / expected)")
    #expect(abs(loss / expected - 1) < 0.005)
  }
}
