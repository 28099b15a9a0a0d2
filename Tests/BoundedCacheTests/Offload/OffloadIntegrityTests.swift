// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Foundation
import TestSupport
import Testing

@Suite("Whatever happens to the offload file, what is read is what was written, or an error")
struct OffloadIntegrityTests {
  private let shape = CacheShape(layers: 1, keyValueHeads: 1, headDimension: 4)
  private let folder: TemporaryFolder

  /// The file's parts: 8 slots of 56 bytes after the header; pages of 56 bytes from the next block on.
  private static let slots = 8
  private static func record(_ slot: Int) -> Range<Int> { 4096 + slot * 56..<4096 + slot * 56 + 56 }
  private static func page(_ slot: Int) -> Range<Int> { 8192 + slot * 56..<8192 + slot * 56 + 56 }

  init() throws { folder = try TemporaryFolder() }

  private func open() throws(OffloadError) -> OffloadFile {
    try OffloadFile(
      path: folder.file, byteCount: 8192 + OffloadIntegrityTests.slots * 112, shape: shape, pageTokens: 2,
      rotation: RoPEFrequencies(frequencies: [1]), tag: "test")
  }

  private func append(_ pages: ClosedRange<Int>, to file: OffloadFile) throws {
    for page in pages {
      var rows = OffloadRows()
      for token in 0..<2 {
        let values = [Float(page), Float(token), 1, 2]
        rows.add(values, values, streamIndex: Int64(page), patch: Int32(token), position: Int32(page))
      }
      try file.append(rows)
    }
  }

  /// Ranks and reads all pages; each of them holds what was put in.
  private func readPages(of file: OffloadFile) throws -> [Int] {
    try file.pages().map { choice in
      let rows = try file.rows(of: choice)
      #expect(choice.shift == 0)
      #expect(rows.tokens == (0..<2).map { OffloadToken(streamIndex: Int64(choice.page), patch: $0) })
      #expect(floats(rows.keys) == [0, 1].flatMap { [Float(choice.page), $0, 1, 2] })
      #expect(rows.keys == rows.values)
      return choice.page
    }.sorted()
  }

  private func bytes() throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: folder.file))) }

  /// In place, so that a program that has the file open sees it.
  private func overwrite(_ bytes: [UInt8]) throws {
    let handle = try #require(FileHandle(forUpdatingAtPath: folder.file))
    try handle.write(contentsOf: bytes)
    try handle.truncate(atOffset: UInt64(bytes.count))
    try handle.close()
  }

  @Test("A byte of a page or its record that changes under the running program is an error")
  func everyByte() throws {
    let file = try open()
    try append(1...5, to: file)
    let whole = try bytes()
    #expect(try readPages(of: file) == [1, 2, 3, 4, 5])
    for offset in [OffloadIntegrityTests.record(2), OffloadIntegrityTests.page(2)].joined() {
      var damaged = whole
      damaged[offset] ^= UInt8(1 << (offset % 8))
      try overwrite(damaged)
      #expect(throws: OffloadError.pageDamaged(path: folder.file), "byte \(offset)") {
        _ = try readPages(of: file)
      }
    }
    try overwrite(whole)
    #expect(try readPages(of: file) == [1, 2, 3, 4, 5])
  }

  @Test("Random damage under the running program never changes a page that is read")
  func randomDamage() throws {
    let file = try open()
    try append(1...8, to: file)
    let whole = try bytes()
    var random = SplitMix64(seed: 11)
    var noticed = 0
    for _ in 0..<2000 {
      var damaged = whole
      for _ in 0...random.shift(below: 8) {
        damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8(truncatingIfNeeded: random.next())
      }
      try overwrite(damaged)
      do {
        #expect(try readPages(of: file) == Array(1...8))
      } catch let error as OffloadError {
        noticed += 1
        #expect(error == .pageDamaged(path: folder.file))
      }
    }
    #expect((200..<2000).contains(noticed))
  }

  @Test("A damaged header is refused, and the file left as it is")
  func damagedHeader() throws {
    try append(1...5, to: try open())
    let whole = try bytes()
    for offset in Array(0..<128) + Array(stride(from: 128, to: 4096, by: 61)) + Array(4088..<4096) {
      var damaged = whole
      damaged[offset] ^= UInt8(1 << (offset % 8))
      try overwrite(damaged)
      let error: OffloadError = offset < 8 ? .foreign(path: folder.file) : .headerDamaged(path: folder.file)
      #expect(throws: error, "byte \(offset)") { _ = try open() }
      #expect(try bytes() == damaged)
    }
  }

  @Test(
    "A file that was cut off before it was opened is refused, or has its size again",
    arguments: [0, 1, 4095, 4096, 9000])
  func cutOff(length: Int) throws {
    try append(1...8, to: try open())
    let whole = try bytes()
    try overwrite(Array(whole.prefix(length)))
    if length > 0 && length < 4096 {
      #expect(throws: OffloadError.foreign(path: folder.file)) { _ = try open() }
    } else {
      let file = try open()
      #expect(try bytes().count == whole.count)
      try append(1...3, to: file)
      #expect(try readPages(of: file) == [1, 2, 3])
    }
  }

  @Test("A file shortened under the running program is an error", arguments: [0, 4096, 8192, 8192 + 100])
  func shortened(length: Int) throws {
    let file = try open()
    try append(1...8, to: file)
    let choice = try #require(file.choice(page: 8, layer: 0, head: 0, position: { Int32($0) }))
    try overwrite(Array(try bytes().prefix(length)))
    let error = OffloadError.resized(path: folder.file)
    #expect(throws: error) { _ = try file.pages() }
    #expect(throws: error) { _ = try file.rows(of: choice) }
    #expect(throws: error) { try append(9...9, to: file) }
    // It is not lengthened again: what was cut off is gone.
    #expect(try bytes().count == length)
  }

  @Test("A file removed under the running program is an error")
  func removed() throws {
    let file = try open()
    try append(1...8, to: file)
    try FileManager.default.removeItem(atPath: folder.file)
    #expect(throws: OffloadError.removed(path: folder.file)) { _ = try file.pages() }
    #expect(throws: OffloadError.removed(path: folder.file)) { try append(9...9, to: file) }
    #expect(!FileManager.default.fileExists(atPath: folder.file))
  }
}
