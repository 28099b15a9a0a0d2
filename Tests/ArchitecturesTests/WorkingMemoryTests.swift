// SPDX-License-Identifier: Apache-2.0

import Architectures
import Compute
import Images
import ModelFile
import Testing

/// The estimate runs the code that loads, so what can differ is what it leaves out.
@Suite("Working memory is estimated")
struct WorkingMemoryTests {
  private let pool = ThreadPool(threads: 2)

  @Test("to the byte for a language model", arguments: [1, 64, 256])
  func languageModel(block: Int) throws {
    let file = try Qwen2VLGolden("grouped-by-six").model
    let model = try LanguageModel(file: file, threads: pool, maximumBlock: block)
    let estimated = try LanguageModel.estimatedWorkingByteCount(of: file, threads: pool, maximumBlock: block)
    #expect(estimated == model.workingByteCount)
    #expect(estimated > block * model.configuration.intermediateSize * 8)
  }

  @Test("for a vision tower, its embeddings included", arguments: [56, 112])
  func visionTower(side: Int) throws {
    let file = try Qwen2VLGolden("grouped-by-six").vision
    let tower = try VisionTower(file: file, threads: pool)
    let image = Image(width: side, height: side, pixels: [UInt8](repeating: 9, count: side * side * 3))
    let embeddings = try tower.encode(image, image).values.count * MemoryLayout<Float>.stride
    let estimated = try VisionTower.estimatedWorkingByteCount(of: file, threads: pool, pixels: side * side)
    #expect(estimated == tower.workingByteCount + embeddings)
  }
}
