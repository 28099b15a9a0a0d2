// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelFile
import Platform
import TestSupport
import Testing

@Suite("A file that cannot be used")
struct UnusableFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The error of opening these bytes; nil if they open.
  private func error(_ bytes: [UInt8]) throws -> GGUFError? {
    let path = try folder.file(bytes)
    do {
      _ = try GGUFFile(path: path)
      return nil
    } catch {
      return error
    }
  }

  /// The flaw of malformed bytes, from the reader's error; nil for another error, or none.
  private func flaw(_ file: HandmadeFile) throws -> String? {
    guard case .malformed(_, let what) = try error(file.bytes) else { return nil }
    return what
  }

  @Test("And is not there is called missing")
  func missing() {
    let path = folder.path("nowhere.gguf")
    #expect(throws: GGUFError.missing(path: path)) { try GGUFFile(path: path) }
  }

  @Test("And is a folder is called a folder")
  func directory() {
    let path = folder.url.path
    #expect(throws: GGUFError.directory(path: path)) { try GGUFFile(path: path) }
  }

  @Test("And is a pipe is refused without waiting for it")
  func pipe() {
    let path = folder.path("pipe")
    #expect(mkfifo(path, 0o600) == 0)
    #expect(throws: GGUFError.notRegularFile(path: path)) { try GGUFFile(path: path) }
  }

  @Test("And is empty is called empty")
  func empty() throws {
    #expect(try error([]) == .empty(path: folder.modelPath))
  }

  @Test(
    "And is something else is called what it looks like",
    arguments: [
      ("<!DOCTYPE html><html>", "web page"), ("version https://git-lfs.github.com/spec/v1", "Git LFS"),
      ("PK\u{3}\u{4}....", "ZIP"), ("tjgg....", "before GGUF"),
      ("\u{10}\0\0\0\0\0\0\0{\"__metadata__\":{}}", "safetensors"),
      ("Hello, world\nMore", "“Hello, world”"), ("\u{1}\u{2}\u{3}", "the bytes 01 02 03"),
    ])
  func notGGUF(content: String, expected: String) throws {
    guard case .notGGUF(_, let looksLike) = try error(Array(content.utf8)) else {
      Issue.record("\(content) opened or failed otherwise")
      return
    }
    #expect(looksLike.contains(expected))
  }

  @Test("Of version 2 opens; other versions are named")
  func versions() throws {
    #expect(try error(HandmadeFile(version: 2).bytes) == nil)
    #expect(try error(HandmadeFile(version: 1).bytes) == .unsupportedVersion(path: folder.modelPath, version: 1))
    #expect(try error(HandmadeFile(version: 4).bytes) == .unsupportedVersion(path: folder.modelPath, version: 4))
    #expect(try error(HandmadeFile(version: UInt32(3).byteSwapped).bytes) == .bigEndian(path: folder.modelPath))
  }

  @Test("Because it breaks off in the weights says how many bytes are missing")
  func truncatedWeights() throws {
    let whole = try Array(Data(contentsOf: URL(filePath: goldenPath("everything.gguf"))))
    #expect(
      try error(whole.dropLast(100))
        == .truncated(
          path: folder.modelPath, missingBytes: 68, what: "in the weights"), "the last 32 bytes are only padding")
    #expect(try error(whole.dropLast(32)) == nil)
  }

  @Test("Because it breaks off anywhere in the header is called truncated or damaged")
  func truncatedHeader() throws {
    let whole = try Array(Data(contentsOf: URL(filePath: goldenPath("everything.gguf"))))
    for length in 1..<1088 {
      switch try error(Array(whole.prefix(length))) {
      case .truncated(_, let missingBytes, _): #expect(missingBytes > 0)
      case .malformed(_, let what): #expect(what.contains("more than its \(length) bytes can hold"))
      case let other: Issue.record("\(length) bytes: \(String(describing: other))")
      }
    }
  }

  @Test(
    "Because of counts that no file could hold is refused before memory is allocated for it",
    arguments: [
      .max, 1 << 63, 1 << 62, 1 << 40, 3,
    ] as [UInt64])
  func hostileCounts(count: UInt64) throws {
    #expect(try flaw(HandmadeFile(tensors: count))?.contains("\(count) tensors") == true)
    #expect(try flaw(HandmadeFile(entries: count))?.contains("\(count) metadata entries") == true)
  }

  @Test(
    "Because an array claims more elements than there are bytes is refused",
    arguments: [
      .max, 1 << 61, 1 << 47, 100,
    ] as [UInt64])
  func hostileArrays(count: UInt64) throws {
    for elementType in [0, 5, 7, 8, 12] as [UInt32] {
      var file = HandmadeFile(entries: 1)
      file.entry("list", type: 9)
      file.add(elementType)
      file.add(count)
      file.bytes += [0, 0, 0]
      switch try error(file.bytes) {
      case .truncated(_, _, let place): #expect(place == "in metadata entry list")
      case .malformed(_, let what): #expect(what == "an impossible count of \(count) in metadata entry list")
      case let other: Issue.record("\(String(describing: other))")
      }
    }
  }

  @Test(
    "Because a string claims an impossible length is refused",
    arguments: [
      .max, 1 << 63, (1 << 48) + 1,
    ] as [UInt64])
  func hostileString(length: UInt64) throws {
    var file = HandmadeFile(entries: 1)
    file.entry("text", type: 8)
    file.add(length)
    #expect(try flaw(file) == "an impossible length of \(length) in metadata entry text")
  }

  @Test("Because of an array of arrays is refused")
  func nestedArray() throws {
    var file = HandmadeFile(entries: 1)
    file.entry("nest", type: 9)
    file.add(UInt32(9))
    file.add(UInt64(1))
    file.pad(thenZeros: 64)
    #expect(try flaw(file)?.contains("array of arrays in metadata entry nest") == true)
  }

  @Test("Because of an unknown value type is refused")
  func unknownValueType() throws {
    var file = HandmadeFile(entries: 1)
    file.entry("odd", type: 13)
    #expect(try flaw(file) == "unknown value type 13 in metadata entry odd")
  }

  @Test("Because of a truth value that is neither is refused")
  func badBool() throws {
    var file = HandmadeFile(entries: 1)
    file.entry("flag", type: 7)
    file.add(UInt8(2))
    #expect(try flaw(file) == "a truth value of 2 in metadata entry flag")
  }

  @Test("Because its text is not UTF-8 is refused; in an array, when the array is asked for")
  func invalidText() throws {
    var file = HandmadeFile(entries: 1)
    file.entry("text", type: 8)
    file.add(UInt64(2))
    file.bytes += [0xC3, 0x28]
    #expect(try flaw(file) == "text that is not UTF-8 in metadata entry text")

    var list = HandmadeFile(entries: 1)
    list.entry("list", type: 9)
    list.add(UInt32(8))
    list.add(UInt64(1))
    list.add(UInt64(2))
    list.bytes += [0xC3, 0x28]
    let opened = try GGUFFile(path: folder.file(list.bytes))
    #expect(throws: GGUFError.self) { try opened.metadata.strings("list") }
  }

  @Test("Because an entry is there twice is refused")
  func duplicateKey() throws {
    var file = HandmadeFile(entries: 2)
    for _ in 0..<2 {
      file.entry("same", type: 0)
      file.add(UInt8(1))
    }
    #expect(try flaw(file) == "metadata entry same is there twice")
  }

  @Test("Because its alignment is not a power of two is refused", arguments: [0, 3, 48, 1 << 21] as [UInt32])
  func badAlignment(alignment: UInt32) throws {
    var file = HandmadeFile(entries: 1)
    file.entry("general.alignment", type: 4)
    file.add(alignment)
    #expect(try flaw(file)?.contains("general.alignment is \(alignment)") == true)
  }

  @Test("Because a tensor is there twice is refused")
  func duplicateTensor() throws {
    var file = HandmadeFile(tensors: 2)
    file.tensor("w", [8], offset: 0)
    file.tensor("w", [8], offset: 32)
    file.pad(thenZeros: 64)
    #expect(try flaw(file) == "tensor w is there twice")
  }

  @Test("Because a tensor's type is unknown names tensor and type")
  func unknownTensorType() throws {
    var file = HandmadeFile(tensors: 1)
    file.tensor("w", [32], type: 5)
    #expect(try error(file.bytes) == .unknownTensorType(path: folder.modelPath, tensor: "w", code: 5))
  }

  @Test(
    "Because of impossible dimensions is refused",
    arguments: [
      ([], "has 0 dimensions"), ([1, 1, 1, 1, 1], "has 5 dimensions"), ([0], "impossible dimension of 0"),
      ([4, 0], "impossible dimension of 0"), ([1 << 63], "impossible dimension of 9223372036854775808"),
      ([1 << 32, 1 << 32], "impossibly large"), ([1 << 62], "impossibly large"),
      ([3, (1 << 62) + 1, 1 << 20], "impossibly large"),
    ] as [([UInt64], String)])
  func impossibleDimensions(dimensions: [UInt64], expected: String) throws {
    var file = HandmadeFile(tensors: 1)
    file.tensor("w", dimensions)
    file.pad(thenZeros: 64)
    #expect(try flaw(file)?.contains(expected) == true)
  }

  @Test("Because rows are not whole blocks is refused")
  func brokenBlocks() throws {
    var file = HandmadeFile(tensors: 1)
    file.tensor("w", [48, 2], type: 8)
    file.pad(thenZeros: 102)
    #expect(try flaw(file) == "tensor w has rows of 48, not whole Q8_0 blocks of 32")
  }

  @Test("Because a tensor starts between the alignment's steps is refused")
  func misaligned() throws {
    var file = HandmadeFile(tensors: 1)
    file.tensor("w", [4], offset: 16)
    file.pad(thenZeros: 64)
    #expect(try flaw(file) == "tensor w starts at 16, not a multiple of 32")
  }

  @Test(
    "Because a tensor starts beyond what can be counted is refused",
    arguments: [
      .max & ~31, 1 << 63, .max / 2 & ~31,
    ] as [UInt64])
  func impossibleOffset(offset: UInt64) throws {
    var file = HandmadeFile(tensors: 1)
    file.tensor("w", [4], offset: offset)
    file.pad(thenZeros: 64)
    #expect(try flaw(file) == "tensor w lies at an impossible offset of \(offset)")
  }

  @Test("Because a tensor reaches over the end is called truncated")
  func beyondTheEnd() throws {
    var file = HandmadeFile(tensors: 1)
    file.tensor("w", [16], offset: 32)
    file.pad(thenZeros: 64)
    #expect(try error(file.bytes) == .truncated(path: folder.modelPath, missingBytes: 32, what: "in the weights"))
  }

  @Test("Because two tensors lie over each other is refused")
  func overlap() throws {
    var file = HandmadeFile(tensors: 2)
    file.tensor("a", [16], offset: 0)
    file.tensor("b", [8], offset: 32)
    file.pad(thenZeros: 64)
    #expect(try flaw(file) == "tensors a and b lie over each other")
  }

  @Test("Says in one line what to do")
  func messages() throws {
    let path = folder.modelPath
    let errors = try [
      error([]), error(Array("<html>".utf8)), error(HandmadeFile(version: 1).bytes),
      error(HandmadeFile().bytes.dropLast()), .missingTensor(path: path, name: "w"),
    ].compactMap(\.self)
    #expect(errors.count == 5)
    for error in errors {
      #expect(error.message.hasPrefix(path))
      #expect(!error.message.contains("\n"))
    }
    #expect(errors[0].message == "\(path) is empty. Download it again.")
    #expect(errors[3].message == "\(path) breaks off: at least 1 bytes are missing (in the header). Download it again.")
  }
}

@Suite("A tensor that is asked for")
struct TensorLookupTests {
  @Test("And is not there is named")
  func missing() throws {
    let path = try goldenPath("everything.gguf")
    let file = try GGUFFile(path: path)
    #expect(file.tensor("nothing") == nil)
    #expect(throws: GGUFError.missingTensor(path: path, name: "nothing")) {
      try file.requiredTensor("nothing")
    }
  }
}
