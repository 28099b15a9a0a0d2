import Assistant
import Foundation
import Testing

@Suite("The vision tower beside a model")
struct ModelPathsTests {
  @Test("is the one of like name, also for a split model", arguments: [
    ("cat-2b-Q4_K_M.gguf", "mmproj-cat-2b-F16.gguf"), ("dog-7b-Q8_0-00001-of-00002.gguf", "mmproj-dog-7b-F16.gguf"),
    ("dog-7b-00002-of-00002.gguf", "mmproj-dog-7b-F16.gguf"),
  ])
  func likeName(model: String, expected: String) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "edgeassist-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in ["mmproj-cat-2b-F16.gguf", "mmproj-dog-7b-F16.gguf"] {
      try Data().write(to: folder.appending(path: name))
    }
    let paths = try ModelPaths.resolve(languageModel: folder.appending(path: model).path, vision: nil)
    #expect(paths.vision == folder.appending(path: expected).path)
  }
}
