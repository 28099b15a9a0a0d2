// SPDX-License-Identifier: Apache-2.0

import Architectures
import Compute
import Foundation
import Images
import ModelFile
import TestSupport
import Testing

/// Towers of nearly real shape against llama.cpp's multimodal library, on files that
/// Tests/CrossChecks/vision_against_llama_cpp.py has made.
@Suite struct CrossCheckTests {
  static let variable = "EDGEASSIST_CROSSCHECK_DIR"
  static let directory = ProcessInfo.processInfo.environment[variable]
  static let names: [String] = {
    let files = directory.flatMap { try? FileManager.default.contentsOfDirectory(atPath: $0) } ?? []
    return files.filter { $0.hasSuffix("-features.gguf") }.map { String($0.dropLast("-features.gguf".count)) }.sorted()
  }()

  @Test(
    "features equal those of llama.cpp to within its rounding",
    .enabled(if: directory != nil, "\(variable) names no directory of files to compare with"), arguments: names)
  func features(name: String) throws {
    let directory = try #require(CrossCheckTests.directory)
    let expected = try GGUFFile(path: "\(directory)/\(name)-features.gguf")
    let tower = try VisionTower(
      file: GGUFFile(path: "\(directory)/\(name)-mmproj.gguf"), threads: ThreadPool(threads: 2))
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
