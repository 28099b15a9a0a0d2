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
      + [TensorType.amxfp4, .dint4, .sawb2, .mxfp4, .nvfp4, .tq1_0, .tq2_0].map { Specimen(files: [try retyped($0)]) }
  }

  /// A model whose matrices are of another type, as far as their rows hold its blocks; the others are in F32.
  private static func retyped(_ type: TensorType) throws -> File {
    let original = try GGUFFile(path: adapted)
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let declarations = original.tensors.map { tensor in
      let holds = tensor.dimensions.count == 2 && tensor.dimensions[0] % type.elementsPerBlock == 0
      return GGUFWriter.Declaration(name: tensor.name, dimensions: tensor.dimensions, type: holds ? type : .f32)
    }
    let place = folder.url.appending(path: "\(type).gguf")
    let writer = try GGUFWriter(path: place.path, metadata: original.metadata, tensors: declarations)
    for declaration in declarations {
      let count = declaration.dimensions.reduce(1, *)
      let bytes = count / declaration.type.elementsPerBlock * declaration.type.bytesPerBlock
      try writer.append([UInt8](repeating: 0, count: bytes))
    }
    try writer.finish()
    return try file(at: place)
  }

  private static func file(_ name: String) throws -> File { try file(at: tests.appending(path: name)) }

  private static func file(at place: URL) throws -> File {
    let bytes = try Array(Data(contentsOf: place))
    let file = try GGUFFile(path: place.path)
    let part = (file.partPaths.firstIndex(of: place.path) ?? 0)
    let start = file.tensors.filter { $0.part == part }.map(\.byteOffset).min() ?? bytes.count
    return File(
      name: place.lastPathComponent, header: Array(bytes[..<start]), weightByteCount: bytes.count - start)
  }
}
