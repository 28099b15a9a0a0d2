// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelFile
import TestSupport

/// A file of which only the header is kept; the weights are as many zeros.
struct Specimen {
  struct File {
    var name: String
    var header: [UInt8]
    var weightByteCount: Int

    /// Writes it with a hole for the weights.
    func write(to folder: URL) throws {
      let place = folder.appending(path: name)
      try Data(header).write(to: place)
      let handle = try FileHandle(forWritingTo: place)
      try handle.truncate(atOffset: UInt64(header.count + weightByteCount))
      try handle.close()
    }
  }

  /// The parts of a split model, or a language model and its vision tower, or one file.
  var files: [File]

  private static let tests = Checkout.root.appending(path: "Tests")
  private static let models = "ArchitecturesTests/Goldens/"
  /// The model that `adapters` are for.
  static let adapted = tests.appending(path: models + "qwen3.gguf").path

  /// Small files of every kind that the program reads.
  static func all() throws -> [Specimen] {
    let alone = [
      "ModelFileTests/Goldens/everything.gguf", "TokenizationTests/Goldens/vocabulary.gguf", models + "qwen3.gguf",
      models + "llama3.gguf", models + "lfm2.gguf", models + "qwen3.5.gguf", models + "pixel-shuffle-mmproj.gguf",
      models + "pixel-unshuffle-mmproj.gguf", models + "two-stage-mmproj.gguf", models + "qwen3-vl.gguf",
      models + "llava-onevision.gguf",
      models + "qwen3-lora-attention.gguf",
      models + "qwen3-lora-everything.gguf", models + "windows-mmproj.gguf", models + "deepstack-mmproj.gguf",
      models + "pooled-mmproj.gguf",
    ]
    let together = [
      (1...3).map { "ModelFileTests/Goldens/split-0000\($0)-of-00003.gguf" },
      [models + "grouped-by-six.gguf", models + "grouped-by-six-mmproj.gguf"],
    ]
    return try (alone.map { [$0] } + together).map { names in Specimen(files: try names.map(file)) }
  }

  private static func file(_ name: String) throws -> File {
    let place = tests.appending(path: name)
    let bytes = try Array(Data(contentsOf: place))
    let file = try GGUFFile(path: place.path)
    let part = (file.partPaths.firstIndex(of: place.path) ?? 0)
    let start = file.tensors.filter { $0.part == part }.map(\.byteOffset).min() ?? bytes.count
    return File(
      name: place.lastPathComponent, header: Array(bytes[..<start]), weightByteCount: bytes.count - start)
  }
}
