// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Dialogue
import Foundation
import Images
import Inference

// A fixed amount of work with the embedded model on one thread, for instruction_count.sh to count: a stream of drawn
// frames that fills the cache and is thinned out, then two questions. It waits for nothing and asks no clock, so that
// it does the same whenever it runs.

/// A bright square that moves over a dim frame.
func image(_ number: Int, side: Int) -> Image {
  var pixels = [UInt8](repeating: 40, count: side * side * 3)
  let square = side / 4
  for row in 0..<square {
    for column in 0..<square {
      let place = ((number * 3) % (side - square) + row) * side + (number * 5) % (side - square) + column
      for colour in 0..<3 { pixels[place * 3 + colour] = UInt8(120 + 40 * colour) }
    }
  }
  return Image(width: side, height: side, pixels: pixels)
}

do {
  let model = try LoadedModel(paths: ModelPaths.resolve(languageModel: nil), threads: 1)
  var options = DialogueOptions()
  options.budget = .tokens(192)
  options.compression = .published(with: CompressionVariant.standard)
  options.maximumAnswerTokens = 16
  let dialogue = try VideoDialogue(model: model, options: options)
  var ingest = FrameIngest(into: dialogue)
  for number in 0..<24 {
    try ingest.add(image(number, side: 112), at: Double(number) / 2)
    while try ingest.step() {}
  }
  for question in ["What came first?", "hello"] {
    let answer = try dialogue.answer(question, at: 12)
    print(answer.promptTokens, answer.answerTokens, answer.text)
  }
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(1)
}
