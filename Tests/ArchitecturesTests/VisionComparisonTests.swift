// SPDX-License-Identifier: Apache-2.0

import Architectures
import Compute
import Images
import ModelFile
import TestSupport
import Testing

/// Towers of nearly real shape, and their features by llama.cpp's multimodal library.
@Suite("Vision towers beside llama.cpp")
struct VisionComparisonTests {
  private static let files = ReferenceFiles(ending: "-features.gguf", script: "make_llama_cpp_vision_features.py")

  @Test(
    "Features equal those of llama.cpp to within its rounding",
    .enabled(if: !files.names.isEmpty, Comment(rawValue: files.reason)), arguments: files.names)
  func features(name: String) throws {
    let expected = try Self.files.open(name)
    let tower = try VisionTower(
      file: ReferenceFiles.open("\(name)-mmproj.gguf"), threads: ThreadPool(threads: 2))
    let tolerance = try expected.metadata.float("tolerance")
    for label in try expected.metadata.strings("cases") {
      let rows = try expected.requiredTensor(label + ".features")
      let found = try tower.encode(
        image(expected, label + ".first"), image(expected, label + ".second"))
      #expect(found.width == rows.dimensions[0] && found.rows == rows.dimensions[1])
      let difference = relativeDifference(
        found.values, expected.bytes(of: rows).bindMemory(to: Float.self).map { $0 })
      print("\(name), \(label): relative difference \(difference)")
      #expect(difference < tolerance, "\(label)")
    }
  }

  private func image(_ file: GGUFFile, _ name: String) throws -> Image {
    let tensor = try file.requiredTensor(name)
    return Image(
      width: tensor.dimensions[1], height: tensor.dimensions[2], pixels: Array(file.bytes(of: tensor)))
  }
}
