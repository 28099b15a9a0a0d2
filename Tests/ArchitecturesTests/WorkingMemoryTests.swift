// SPDX-License-Identifier: Apache-2.0

import Architectures
import Compute
import Images
import ModelFile
import Testing

/// The forecast runs the same code that loads, so what is left to go wrong is what it leaves out.
@Suite("Working memory is foretold")
struct WorkingMemoryTests {
  private let pool = ThreadPool(threads: 2)

  @Test("to the byte for a language model", arguments: [1, 64, 256])
  func languageModel(block: Int) throws {
    let file = try Golden("grouped-by-six").model
    let model = try LanguageModel(file: file, threads: pool, maximumBlock: block)
    let foretold = try LanguageModel.workingByteCount(of: file, threads: pool, maximumBlock: block)
    #expect(foretold == model.workingByteCount)
    #expect(foretold > block * model.configuration.intermediateSize * 8)
  }

  @Test("for a vision tower but for the vectors it hands over", arguments: [56, 112])
  func visionTower(side: Int) throws {
    let file = try Golden("grouped-by-six").vision
    let tower = try VisionTower(file: file, threads: pool)
    let image = Image(width: side, height: side, pixels: [UInt8](repeating: 9, count: side * side * 3))
    let vectors = try tower.encode(image, image).values.count * MemoryLayout<Float>.stride
    let foretold = try VisionTower.workingByteCount(of: file, threads: pool, pixels: side * side)
    #expect(foretold == tower.workingByteCount + vectors)
  }
}
