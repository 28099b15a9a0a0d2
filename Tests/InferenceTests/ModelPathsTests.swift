// SPDX-License-Identifier: Apache-2.0

import Foundation
import Inference
import TestSupport
import Testing

@Suite("The vision tower beside a model")
struct ModelPathsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(
    "is the one of like name, also for a split model",
    arguments: [
      ("cat-2b-Q4_K_M.gguf", "mmproj-cat-2b-F16.gguf"), ("dog-7b-Q8_0-00001-of-00002.gguf", "mmproj-dog-7b-F16.gguf"),
      ("dog-7b-00002-of-00002.gguf", "mmproj-dog-7b-F16.gguf"),
    ])
  func likeName(model: String, expected: String) throws {
    for name in ["mmproj-cat-2b-F16.gguf", "mmproj-dog-7b-F16.gguf"] {
      try Data().write(to: folder.url.appending(path: name))
    }
    let paths = try ModelPaths.resolve(languageModel: folder.path(model))
    #expect(paths.vision == folder.path(expected))
  }

  @Test("is left out where none is wanted, and another one where a file is named")
  func choice() throws {
    try Data().write(to: folder.url.appending(path: "mmproj-cat.gguf"))
    let model = folder.path("cat.gguf")
    #expect(try ModelPaths.resolve(languageModel: model).vision == folder.path("mmproj-cat.gguf"))
    #expect(try ModelPaths.resolve(languageModel: model, vision: .without).vision == nil)
    #expect(try ModelPaths.resolve(languageModel: model, vision: .file("dog.gguf")).vision == "dog.gguf")
    #expect(try ModelPaths.resolve(languageModel: nil, vision: .without).vision == nil)
  }

  @Test("is, of another name, one whose vectors the model can read")
  func fittingWidth() throws {
    let embedded = try ModelPaths.resolve(languageModel: nil)
    let model = folder.path("reader.gguf")
    try FileManager.default.copyItem(atPath: embedded.languageModel, toPath: model)
    // Sizes are stored after their name and a type of four bytes, as 32 bits from the lowest up.
    var tower = try Data(contentsOf: URL(fileURLWithPath: try #require(embedded.vision)))
    let size = try #require(tower.range(of: Data("clip.vision.projection_dim".utf8))).upperBound + 4
    tower[size + 1] += 1
    try tower.write(to: folder.url.appending(path: "mmproj-wide.gguf"))
    #expect(try ModelPaths.resolve(languageModel: model).vision == nil)

    let seer = folder.path("mmproj-zebra.gguf")
    try FileManager.default.copyItem(atPath: try #require(embedded.vision), toPath: seer)
    #expect(try ModelPaths.resolve(languageModel: model).vision == seer)
  }

  @Test("is not one that cannot be read, where another one fits")
  func unreadable() throws {
    let embedded = try ModelPaths.resolve(languageModel: nil)
    let model = folder.path("model.gguf")
    try FileManager.default.copyItem(atPath: embedded.languageModel, toPath: model)
    try Data().write(to: folder.url.appending(path: "a-mmproj.gguf"))
    #expect(try ModelPaths.resolve(languageModel: model).vision == folder.path("a-mmproj.gguf"))
    let seer = folder.path("b-mmproj.gguf")
    try FileManager.default.copyItem(atPath: try #require(embedded.vision), toPath: seer)
    #expect(try ModelPaths.resolve(languageModel: model).vision == seer)
  }
}
