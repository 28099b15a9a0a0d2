// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelFile
import TestSupport
import Testing

@Suite("A file that is written")
struct WriterTests {
  private let folder: TemporaryFolder
  private var path: String { folder.modelPath }

  init() throws { folder = try TemporaryFolder() }

  @Test("Reads back with the same metadata and weights", arguments: [32, 64, 4096])
  func roundTrip(alignment: Int) throws {
    let metadata = GGUFMetadata([
      "general.architecture": .string("测试"), "a.u8": .uint8(1), "a.i8": .int8(-1), "a.u16": .uint16(2),
      "a.i16": .int16(-2), "a.u32": .uint32(3), "a.i32": .int32(-3), "a.u64": .uint64(4), "a.i64": .int64(-4),
      "a.f32": .float32(1.5), "a.f64": .float64(-2.5), "a.bool": .bool(true),
      "a.strings": .array(GGUFArray(["", "ü", "three"])), "a.ints": .array(GGUFArray([7, -8] as [Int32])),
      "a.floats": .array(GGUFArray([0.5] as [Float])), "a.none": .array(GGUFArray([] as [String])),
    ])
    let weights = (0..<34 * 6).map { UInt8($0) }
    let writer = try GGUFWriter(
      path: path, metadata: metadata,
      tensors: [
        .init(name: "odd", dimensions: [3], type: .f16), .init(name: "blocks", dimensions: [64, 3], type: .q8_0),
      ],
      alignment: alignment)
    try writer.append([1, 2, 3, 4, 5, 6])
    for piece in stride(from: 0, to: weights.count, by: 50) {
      try writer.append(Array(weights[piece..<min(piece + 50, weights.count)]))
    }
    try writer.finish()

    let file = try GGUFFile(path: path)
    for key in metadata.keys { #expect(file.metadata[key] == metadata[key]) }
    #expect(file.tensors.map(\.dimensions) == [[3], [64, 3]])
    #expect(file.tensors.allSatisfy { $0.byteOffset % alignment == 0 })
    #expect(file.bytes(of: file.tensors[0]).elementsEqual([1, 2, 3, 4, 5, 6]))
    #expect(file.bytes(of: file.tensors[1]).elementsEqual(weights))
  }

  @Test("Takes over the metadata of another file")
  func copiedMetadata() throws {
    var metadata = try GGUFFile(path: goldenPath("everything.gguf")).metadata
    let expected = metadata
    metadata["type.uint8"] = .uint8(9)
    try GGUFWriter(path: path, metadata: metadata, tensors: []).finish()

    let copy = try GGUFFile(path: path).metadata
    #expect(copy["type.uint8"] == .uint8(9))
    #expect(copy["general.alignment"] == nil)
    for key in expected.keys where key != "type.uint8" && key != "general.alignment" {
      #expect(copy[key] == expected[key])
    }
  }

  @Test("Is not there until it is finished, and leaves nothing behind if it never is")
  func unfinished() throws {
    let tensors = [GGUFWriter.Declaration(name: "w", dimensions: [4], type: .f32)]
    do {
      let writer = try GGUFWriter(path: path, metadata: GGUFMetadata(), tensors: tensors)
      try writer.append([0, 0, 0, 0])
      #expect(!FileManager.default.fileExists(atPath: path))
      #expect(throws: GGUFError.unwritable(path: path, reason: "tensor w is incomplete")) { try writer.finish() }
    }
    #expect(try folder.names().isEmpty)
  }

  @Test("Refuses more bytes than were declared")
  func tooManyBytes() throws {
    let writer = try GGUFWriter(
      path: path, metadata: GGUFMetadata(), tensors: [.init(name: "w", dimensions: [1], type: .f32)])
    #expect(throws: GGUFError.self) { try writer.append([0, 0, 0, 0, 0]) }
    try writer.append([0, 0, 0, 0])
    #expect(throws: GGUFError.self) { try writer.append([0]) }
  }

  @Test("Refuses shapes that cannot be stored")
  func impossibleShapes() throws {
    for (dimensions, type) in [([33], TensorType.q8_0), ([], .f32), ([0], .f32), ([Int.max, 2], .f32)] {
      #expect(throws: GGUFError.self) {
        try GGUFWriter(
          path: path, metadata: GGUFMetadata(), tensors: [.init(name: "w", dimensions: dimensions, type: type)])
      }
    }
  }

  @Test("Cannot be put where there is no folder")
  func noFolder() throws {
    let path = path + "/model.gguf"
    #expect(throws: GGUFError.unwritable(path: path, reason: "No such file or directory")) {
      try GGUFWriter(path: path, metadata: GGUFMetadata(), tensors: [])
    }
  }
}
