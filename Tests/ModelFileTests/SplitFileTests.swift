// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelFile
import TestSupport
import Testing

/// The golden parts come from the gguf package; see Goldens/make_split_goldens.py.
@Suite("A split model")
struct SplitFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Writes one part; `no` and `count` are what it says of itself, counted as the format does.
  private func part(
    _ name: String, no: UInt16, count: UInt16, total: Int32? = nil, tensors: [String] = []
  ) throws {
    var metadata = GGUFMetadata(["split.no": .uint16(no), "split.count": .uint16(count)])
    if let total { metadata["split.tensors.count"] = .int32(total) }
    let writer = try GGUFWriter(
      path: folder.path(name), metadata: metadata,
      tensors: tensors.map { .init(name: $0, dimensions: [8], type: .f32) })
    for _ in tensors { try writer.append([UInt8](repeating: UInt8(no), count: 32)) }
    try writer.finish()
  }

  private func error(_ name: String) -> GGUFError? {
    do {
      _ = try GGUFFile(path: folder.path(name))
      return nil
    } catch { return error }
  }

  @Test("Opens whole by any of its parts", arguments: 1...3)
  func anyPart(number: Int) throws {
    let file = try GGUFFile(path: goldenPath("split-0000\(number)-of-00003.gguf"))
    #expect(try file.metadata.string("general.name") == "in three parts")
    #expect(file.tensors.map(\.name) == ["first", "second", "third", "fourth"])
    #expect(file.tensors.map(\.part) == [1, 1, 2, 2])
    #expect(file.byteCount == 224 + 256 + 256)
    #expect(try file.partPaths == (1...3).map { try goldenPath("split-0000\($0)-of-00003.gguf") })
    for (index, tensor) in file.tensors.enumerated() {
      let numbers = file.bytes(of: tensor).bindMemory(to: Float.self)
      #expect(Array(numbers) == (0..<8).map { Float($0 + 10 * index) })
    }
  }

  @Test("Says which part is missing and where it is looked for")
  func missingPart() throws {
    try part("m-00001-of-00002.gguf", no: 0, count: 2)
    let missing = folder.path("m-00002-of-00002.gguf")
    #expect(error("m-00001-of-00002.gguf") == .missingPart(path: missing, part: 2, of: 2))
    let message = GGUFError.missingPart(path: missing, part: 2, of: 2).message
    #expect(message.hasPrefix(missing) && message.contains("part 2 of 2"))
  }

  @Test("Under another name says what the name must end in")
  func renamed() throws {
    try part("renamed.gguf", no: 1, count: 2)
    let path = folder.path("renamed.gguf")
    #expect(
      error("renamed.gguf") == .misnamedPart(path: path, part: 2, of: 2, ending: "-00002-of-00002.gguf"))
  }

  @Test("With the same tensor in two parts is refused")
  func duplicateTensor() throws {
    try part("m-00001-of-00002.gguf", no: 0, count: 2, tensors: ["a", "b"])
    try part("m-00002-of-00002.gguf", no: 1, count: 2, tensors: ["c", "b"])
    #expect(
      error("m-00001-of-00002.gguf")
        == .disagreeingParts(
          path: folder.path("m-00002-of-00002.gguf"), what: "tensor b is in part 1 as well"))
  }

  @Test("Whose parts count differently is refused, naming the part")
  func disagreeingCounts() throws {
    try part("m-00001-of-00002.gguf", no: 0, count: 2, total: 2, tensors: ["a"])
    try part("m-00002-of-00002.gguf", no: 1, count: 2, total: 3, tensors: ["b"])
    #expect(
      error("m-00002-of-00002.gguf")
        == .disagreeingParts(
          path: folder.path("m-00002-of-00002.gguf"), what: "it speaks of 3 tensors, but the 2 parts hold 2"))
  }

  @Test("With a whole model, or a part of another, in a part's place is refused")
  func strangers() throws {
    try part("m-00001-of-00002.gguf", no: 0, count: 2)
    try part("m-00002-of-00002.gguf", no: 0, count: 0)
    #expect(
      error("m-00001-of-00002.gguf")
        == .disagreeingParts(
          path: folder.path("m-00002-of-00002.gguf"), what: "it says nothing of being one of 2 parts"))
    try part("m-00002-of-00002.gguf", no: 0, count: 2)
    guard case .misnamedPart(let path, 1, 2, _) = error("m-00001-of-00002.gguf") else {
      Issue.record("a second first part was taken")
      return
    }
    #expect(path == folder.path("m-00002-of-00002.gguf"))
  }

  @Test(
    "With impossible numbers is refused",
    arguments: [
      (["split.count": .int32(-1)], "one of -1 parts"),
      (["split.count": .uint64(1 << 40)], "one of 1099511627776 parts"),
      (["split.count": .uint16(2), "split.no": .uint16(2)], "part 3 of 2"),
    ] as [(KeyValuePairs<String, GGUFValue>, String)])
  func impossibleNumbers(metadata: KeyValuePairs<String, GGUFValue>, expected: String) throws {
    let path = folder.modelPath
    let writer = try GGUFWriter(path: path, metadata: GGUFMetadata(path: path, metadata), tensors: [])
    try writer.finish()
    guard case .malformed(path, let what) = error("model.gguf") else {
      Issue.record("opened or failed otherwise")
      return
    }
    #expect(what.contains(expected))
  }

  @Test("That was joined again is a whole model", arguments: [0, 1] as [UInt16])
  func joined(count: UInt16) throws {
    try part("joined.gguf", no: 0, count: count, tensors: ["a"])
    #expect(error("joined.gguf") == nil)
  }
}
