// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Foundation
import TestSupport
import Testing

/// Whatever happens to the file, what is read is what was written, or an error.
struct RecallDamageTests {
  private let shape = CacheShape(layers: 1, keyValueHeads: 1, headDimension: 4)
  private let folder: TemporaryFolder

  /// The file's parts: 8 slots of 56 bytes after the header; pages of 56 bytes from the next block on.
  private static let slots = 8
  private static func record(_ slot: Int) -> Range<Int> { 4096 + slot * 56..<4096 + slot * 56 + 56 }
  private static func page(_ slot: Int) -> Range<Int> { 8192 + slot * 56..<8192 + slot * 56 + 56 }

  init() throws { folder = try TemporaryFolder() }

  private func open(keepingPages: Bool = false) throws(OffloadError) -> OffloadFile {
    try OffloadFile(
      path: folder.file, byteCount: 8192 + RecallDamageTests.slots * 112, shape: shape, pageTokens: 2,
      rotation: RoPEFrequencies(frequencies: [1]), tag: "test", keepingPages: keepingPages)
  }

  private func append(_ pages: ClosedRange<Int>, to file: OffloadFile) throws {
    for page in pages {
      var rows = RecallRows()
      for token in 0..<2 {
        let numbers = [Float(page), Float(token), 1, 2]
        rows.add(numbers, numbers, frame: Int64(page), place: Int32(token), position: Int32(page))
      }
      try file.append(rows)
    }
  }

  /// The pages that the file holds; each of them holds what was put in.
  private func heldPages() throws -> [Int] {
    let file = try open(keepingPages: true)
    return try file.pages().map { choice in
      let rows = try file.rows(of: choice)
      #expect(choice.shift == 0)
      #expect(rows.tokens == (0..<2).map { OffloadToken(streamIndex: Int64(choice.page), place: $0) })
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

  @Test("A changed byte of a page or its record costs that page only")
  func everyByte() throws {
    try append(1...5, to: try open())
    let whole = try bytes()
    #expect(try heldPages() == [1, 2, 3, 4, 5])
    for offset in [RecallDamageTests.record(2), RecallDamageTests.page(2)].joined() {
      var damaged = whole
      damaged[offset] ^= UInt8(1 << (offset % 8))
      try overwrite(damaged)
      #expect(try heldPages() == [1, 2, 4, 5], "byte \(offset)")
    }
  }

  @Test("A program that ends while it writes a page leaves all the others whole")
  func torn() throws {
    try append(1...8, to: try open())
    let before = try bytes()
    let held = Set(1...8)
    // The ninth page takes the place of one of the eight.
    try append(9...9, to: try open(keepingPages: true))
    let after = try bytes()
    let slot = try #require((0..<8).first { before[RecallDamageTests.page($0)] != after[RecallDamageTests.page($0)] })
    let order = Array(RecallDamageTests.page(slot)) + Array(RecallDamageTests.record(slot))
    for written in 0...order.count {
      var torn = before
      for offset in order.prefix(written) { torn[offset] = after[offset] }
      try overwrite(torn)
      let found = Set(try heldPages())
      #expect(found.isSuperset(of: held.subtracting([slot + 1])), "\(written) bytes written")
      #expect(found.count <= 8)
    }
    #expect(try heldPages().contains(9))
  }

  @Test("Nothing is wrong in a file that was cut off at any length")
  func cutOff() throws {
    try append(1...8, to: try open())
    let whole = try bytes()
    for length in stride(from: 0, to: whole.count, by: 37) {
      try overwrite(Array(whole.prefix(length)))
      if length == 0 || length >= 4096 {
        let expected = (0..<8).filter { RecallDamageTests.page($0).upperBound <= length }.map { $0 + 1 }
        let found = try heldPages()
        #expect(Set(found).isSuperset(of: expected))
        // A page whose cut-off bytes were zero anyway is whole.
        #expect(found.count <= expected.count + 1)
      } else {
        #expect(throws: OffloadError.foreign(path: folder.file)) { _ = try open(keepingPages: true) }
      }
    }
  }

  @Test("Damaged files are opened or refused, and never hold a wrong page")
  func mutated() throws {
    try append(1...8, to: try open())
    let whole = try bytes()
    var chance = SplitMix64(seed: 11)
    var refused = 0
    for _ in 0..<2000 {
      var damaged = whole
      for _ in 0...chance.shift(below: 8) {
        // Half of the damage goes to the header's fields, which lie at its two ends.
        let places = [0..<128, 4088..<4096, 4096..<damaged.count, 4096..<damaged.count]
        let offset = Int.random(in: places[chance.shift(below: 4)], using: &chance)
        damaged[offset] = UInt8(truncatingIfNeeded: chance.next())
      }
      try overwrite(damaged)
      do {
        #expect(Set(try heldPages()).isSubset(of: Set(1...8)))
      } catch let error as OffloadError {
        refused += 1
        #expect([.foreign(path: folder.file), .headerDamaged(path: folder.file)].contains(error))
      }
    }
    #expect((200..<2000).contains(refused))
  }

  @Test("A page damaged under the running program is an error and not an answer")
  func damagedWhileOpen() throws {
    let file = try open()
    try append(1...4, to: file)
    let choice = try #require(file.choice(page: 2, layer: 0, head: 0, place: { Int32($0) }))
    let whole = try bytes()
    var damaged = whole
    damaged[RecallDamageTests.page(1).lowerBound + 30] ^= 4
    try overwrite(damaged)
    #expect(throws: OffloadError.pageDamaged(path: folder.file)) { _ = try file.rows(of: choice) }
    damaged = whole
    damaged[RecallDamageTests.record(1).lowerBound + 45] ^= 4
    try overwrite(damaged)
    #expect(throws: OffloadError.pageDamaged(path: folder.file)) { _ = try file.pages() }
  }

  @Test("A file shortened under the running program is an error", arguments: [0, 4096, 8192, 8192 + 100])
  func shortened(length: Int) throws {
    let file = try open()
    try append(1...8, to: file)
    let choice = try #require(file.choice(page: 8, layer: 0, head: 0, place: { Int32($0) }))
    try overwrite(Array(try bytes().prefix(length)))
    let error = OffloadError.resized(path: folder.file)
    #expect(throws: error) { _ = try file.pages() }
    #expect(throws: error) { _ = try file.rows(of: choice) }
    #expect(throws: error) { try append(9...9, to: file) }
    // Nobody's bytes are brought back.
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
