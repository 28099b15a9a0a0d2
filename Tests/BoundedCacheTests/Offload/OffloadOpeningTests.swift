// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Foundation
import TestSupport
import Testing

@Suite("An offload file is opened only where it may be, and no other file is changed")
struct OffloadOpeningTests {
  private let shape = CacheShape(layers: 2, keyValueHeads: 2, headDimension: 8)
  private let rotation = RoPEFrequencies(frequencies: [1, 0.5])
  private let folder: TemporaryFolder
  private var path: String { folder.file }

  init() throws { folder = try TemporaryFolder() }

  private func open(
    _ path: String? = nil, byteCount: Int = 1 << 20, shape: CacheShape? = nil, pageTokens: Int = 4,
    rotation: RoPEFrequencies? = nil, tag: String = "a model"
  ) throws(OffloadError) -> OffloadFile {
    try OffloadFile(
      path: path ?? folder.file, byteCount: byteCount, shape: shape ?? self.shape, pageTokens: pageTokens,
      rotation: rotation ?? self.rotation, tag: tag)
  }

  private func fill(_ file: OffloadFile) throws {
    var rows = OffloadRows()
    var random = SplitMix64(seed: 1)
    for token in 0..<16 {
      rows.add(random.floats(8), random.floats(8), streamIndex: Int64(token), position: Int32(token))
    }
    try file.append(rows)
  }

  @Test("Only the user who runs the program may read what was seen")
  func permissions() throws {
    _ = try open()
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
  }

  @Test("Two cannot have the file at once; afterwards it is free again")
  func locked() throws {
    let first = try open()
    try fill(first)
    #expect(throws: OffloadError.inUse(path: path)) { _ = try open() }
    #expect(try first.pages().count == 4)
    withExtendedLifetime(first) {}
  }

  @Test("A file that is not an offload file is left as it is", arguments: [1, 11, 4096, 100_000])
  func foreign(size: Int) throws {
    let bytes = Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    try bytes.write(to: URL(fileURLWithPath: path))
    #expect(throws: OffloadError.foreign(path: path)) { _ = try open() }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
  }

  @Test("An empty file may be used")
  func empty() throws {
    try Data().write(to: URL(fileURLWithPath: path))
    #expect(try open().pageCount == 0)
  }

  @Test("A folder, a device and a missing folder are refused")
  func notFiles() {
    #expect(throws: OffloadError.notRegularFile(path: folder.url.path)) { _ = try open(folder.url.path) }
    #expect(throws: OffloadError.notRegularFile(path: "/dev/null")) { _ = try open("/dev/null") }
    let missing = folder.url.appending(path: "none/stream.offload").path
    #expect(throws: OffloadError.unopenable(path: missing, reason: "No such file or directory")) {
      _ = try open(missing)
    }
  }

  @Test("The file of another model is left as it is, and the message says what to do")
  func otherModel() throws {
    try fill(try open())
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let other = OffloadError.otherLayout(path: path)
    #expect(throws: other) { _ = try open(shape: CacheShape(layers: 2, keyValueHeads: 4, headDimension: 8)) }
    #expect(throws: other) { _ = try open(shape: CacheShape(layers: 4, keyValueHeads: 1, headDimension: 8)) }
    #expect(throws: other) { _ = try open(pageTokens: 8) }
    #expect(throws: other) { _ = try open(rotation: RoPEFrequencies(frequencies: [1])) }
    #expect(throws: other) { _ = try open(tag: "a modem") }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
    #expect(other.description.contains("remove it or choose another name"))
  }

  @Test("Opened for another stream, a file holds nothing of the former one")
  func startsEmpty() throws {
    try fill(try open())
    let file = try open()
    #expect(file.pageCount == 0)
    #expect(try file.pages().isEmpty)
  }

  @Test("A file may be used again with another size")
  func otherSize() throws {
    try fill(try open())
    for byteCount in [1 << 19, 1 << 21] {
      let file = try open(byteCount: byteCount)
      try fill(file)
      let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
      #expect(size == file.byteCount)
      #expect(file.byteCount <= byteCount)
    }
  }

  @Test("A size that holds no page for every head is refused with the least that does")
  func tooSmall() throws {
    // A page of 4 tokens is 4·(12 + 32) bytes, its record 40 + 24.
    let least = 8192 + 4 * (176 + 64)
    for byteCount in [.min, -1, 0, least - 1] {
      #expect(throws: OffloadError.tooSmall(byteCount: byteCount, least: least)) { _ = try open(byteCount: byteCount) }
    }
    let file = try open(byteCount: least)
    try fill(file)
    #expect(file.pageCount == 1)
  }

  @Test("Impossible shapes are refused")
  func shapes() {
    for shape in [(0, 2, 8), (2, 2, 7), (2, -1, 8), (.max, 2, 8), (1 << 20, 1 << 20, 1 << 20)] {
      let shape = CacheShape(layers: shape.0, keyValueHeads: shape.1, headDimension: shape.2)
      #expect(throws: OffloadError.invalidShape(shape, pageTokens: 4)) {
        _ = try open(byteCount: .max, shape: shape)
      }
    }
    #expect(throws: OffloadError.invalidShape(shape, pageTokens: 0)) { _ = try open(pageTokens: 0) }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("A full disk is an error at the start, and no new file is left")
  func diskFull() throws {
    let paths = [path] + (FileManager.default.fileExists(atPath: "/dev/shm") ? ["/dev/shm/\(UUID().uuidString)"] : [])
    for path in paths {
      let error = #expect(throws: OffloadError.self) { _ = try open(path, byteCount: 1 << 60) }
      guard case .noSpace(path, _, _) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test("A file that cannot grow keeps its size and can be opened as before")
  func cannotGrow() throws {
    let size = try open().byteCount
    #expect(throws: OffloadError.self) { _ = try open(byteCount: 1 << 60) }
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int == size)
    #expect(try open().byteCount == size)
  }
}
