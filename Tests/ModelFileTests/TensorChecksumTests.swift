// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelFile
import Platform
import TestSupport
import Testing

@Suite("Checksums of tensors")
struct TensorChecksumTests {
  private let folder: TemporaryFolder
  private var path: String { folder.modelPath }

  init() throws { folder = try TemporaryFolder() }

  private func write(
    _ metadata: GGUFMetadata = GGUFMetadata(), keepingChecksums: Bool = true, to path: String? = nil
  ) throws {
    let writer = try GGUFWriter(
      path: path ?? self.path, metadata: metadata,
      tensors: [
        .init(name: "a", dimensions: [3], type: .f16), .init(name: "b", dimensions: [64, 3], type: .q8_0),
        .init(name: "c", dimensions: [70_000, 3], type: .f32),
      ], keepingChecksums: keepingChecksums)
    try writer.append([1, 2, 3, 4, 5, 6])
    try writer.append((0..<204).map { UInt8($0) })
    // In pieces, and more bytes than are read at once.
    for piece in 0..<3 { try writer.append([UInt8](repeating: UInt8(piece), count: 280_000)) }
    try writer.finish()
  }

  /// Flips a bit of the file.
  private func flip(at offset: Int) throws {
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try file.seek(toOffset: UInt64(offset))
    let byte = try #require(try file.read(upToCount: 1)?.first)
    try file.seek(toOffset: UInt64(offset))
    try file.write(contentsOf: [byte ^ 16])
    try file.close()
  }

  private func error(_ body: () throws -> Void) -> GGUFError? {
    do { try body() } catch { return error as? GGUFError }
    return nil
  }

  @Test("are kept in the metadata by a writer that is asked to, and agree with the file")
  func kept() throws {
    try write()
    let file = try GGUFFile(path: path)
    let kept = try #require(try TensorChecksums(keptIn: file))
    #expect(try TensorChecksums(checking: file) == kept)
    #expect(kept.values[0] == ([1, 2, 3, 4, 5, 6] as [UInt8]).withUnsafeBytes { XXH64.checksum(of: $0) })
    #expect(Set(kept.values).count == 3)
  }

  @Test("are not there in a file that was written without")
  func absent() throws {
    try write(keepingChecksums: false)
    let file = try GGUFFile(path: path)
    #expect(try TensorChecksums(keptIn: file) == nil)
    #expect(try TensorChecksums(checking: file).values.count == 3)
  }

  @Test("name the tensor in which one bit has changed", arguments: ["a", "b", "c"])
  func changed(name: String) throws {
    try write()
    let tensor = try GGUFFile(path: path).requiredTensor(name)
    try flip(at: tensor.byteOffset + tensor.byteCount - 1)
    #expect(
      error { _ = try TensorChecksums(checking: GGUFFile(path: path)) } == .changedTensor(path: path, tensor: name))
  }

  @Test("that are damaged themselves accuse no tensor")
  func damagedEntry() throws {
    try write()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let key = try #require(bytes.range(of: Data(TensorChecksums.key.utf8)))
    // Behind the name come the type of the entry, the type of its elements, and their number.
    try flip(at: key.upperBound + 16 + 9)
    let refusal = error { _ = try TensorChecksums(checking: GGUFFile(path: path)) }
    guard case .unusableChecksums = refusal else { return #expect(Bool(false), "\(String(describing: refusal))") }
    #expect(refusal?.message.contains("--type COPY") == true)
  }

  @Test("that another program has copied to a file of other tensors are refused as such")
  func ofOtherTensors() throws {
    try write()
    let copied = try GGUFFile(path: path).metadata
    let writer = try GGUFWriter(
      path: path, metadata: copied,
      tensors: [
        .init(name: "a", dimensions: [3], type: .f16), .init(name: "b", dimensions: [64], type: .q8_0),
        .init(name: "c", dimensions: [1], type: .f16),
      ])
    try writer.append([1, 2, 3, 4, 5, 6])
    try writer.append([UInt8](repeating: 0, count: 68))
    try writer.append([1, 2])
    try writer.finish()
    guard case .unusableChecksums = error({ _ = try TensorChecksums(keptIn: GGUFFile(path: path)) }) else {
      return #expect(Bool(false))
    }
  }

  @Test(
    "of another form than an array of as many integers as tensors are refused",
    arguments: [.uint32(1), .array(GGUFArray(["a"])), .array(GGUFArray([] as [UInt64]))] as [GGUFValue])
  func malformed(value: GGUFValue) throws {
    try write(GGUFMetadata([TensorChecksums.key: value]), keepingChecksums: false)
    guard case .unusableChecksums = error({ _ = try TensorChecksums(keptIn: GGUFFile(path: path)) }) else {
      return #expect(Bool(false))
    }
  }

  @Test("are left out where a pipe is written, whose beginning is gone when they are known")
  func pipe() throws {
    let received = folder.path("received.gguf")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    try #require(mkfifo(folder.path("pipe"), 0o600) == 0)
    process.arguments = ["-c", "cat \"$0\" > \"$1\"", folder.path("pipe"), received]
    try process.run()
    try write(to: folder.path("pipe"))
    process.waitUntilExit()
    let file = try GGUFFile(path: received)
    #expect(file.tensors.count == 3 && file.metadata[TensorChecksums.key] == nil)
  }

  @Test("are not read from a file that has taken the place of the one that is open")
  func replaced() throws {
    try write()
    let file = try GGUFFile(path: path)
    try FileManager.default.removeItem(atPath: path)
    try write(keepingChecksums: false)
    guard case .unreadable = error({ _ = try TensorChecksums(of: file) }) else { return #expect(Bool(false)) }
  }
}
