// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Foundation
import TestSupport
import Testing

@Suite("However long the stream, the file keeps its size and holds pages of all that changed in it")
struct OffloadThinningTests {
  private let shape = CacheShape(layers: 1, keyValueHeads: 2, headDimension: 4)
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// 2 heads of 40 slots: 56 + 56 bytes a page of 2 tokens.
  private func file() throws -> OffloadFile {
    try OffloadFile(
      path: folder.file, byteCount: 8192 + 2 * 40 * 112, shape: shape, pageTokens: 2,
      rotation: RoPEFrequencies(frequencies: [1]), tag: "test")
  }

  /// Page n holds the value n and is of temporal patch n. Unless a key is given, all pages but the first differ from
  /// the one before by the same amount.
  private func append(_ page: Int, key: [Float]? = nil, to file: OffloadFile, head: Int = 0) throws {
    var rows = OffloadRows()
    for token in 0..<2 {
      let values = [Float(page % 2048), Float(page / 2048), Float(token), Float(head)]
      let key = key ?? (page % 2 == 0 ? [0, 1, 0, 0] : [0, 0, 0, 1])
      rows.add(
        rotated(key, by: Int32(page), file.rotation), values, streamIndex: Int64(page), patch: Int32(token),
        position: Int32(page))
    }
    try file.append(rows, head: head)
  }

  /// Fills a file with a scene, but for an event of 12 pages, and returns how many pages of the event are in it then.
  private func pagesOfEvent(scene: (Int) -> [Float], event: (Int) -> [Float]) throws -> Int {
    let file = try file()
    let pages = 2000..<2012
    for page in 1...4000 { try append(page, key: pages.contains(page) ? event(page) : scene(page), to: file) }
    return try file.pages().filter { pages.contains($0.page) }.count
  }

  private func fileSize() throws -> Int {
    try #require(try FileManager.default.attributesOfItem(atPath: folder.file)[.size] as? Int)
  }

  @Test("The file has its size from the start and never exceeds what was allowed")
  func size() throws {
    let file = try file()
    let size = try fileSize()
    #expect(size == file.byteCount)
    #expect(size <= 8192 + 2 * 40 * 112)
    for page in 1...800 { try append(page, to: file) }
    #expect(try fileSize() == size)
    #expect(file.pageCount == 40)
    #expect(try file.pages().count == 40)
    #expect(file.statistics.pagesThinned == 760)
  }

  @Test("All blocks of the file are reserved at the start")
  func reserved() throws {
    let file = try file()
    var status = stat()
    #expect(stat(folder.file, &status) == 0)
    #expect(Int(status.st_blocks) * 512 >= file.byteCount)
  }

  @Test("Pages are whole and unmixed after many have given way")
  func contents() throws {
    let file = try file()
    for page in 1...400 {
      try append(page, to: file)
      if page <= 60 { try append(page, to: file, head: 1) }
    }
    for head in 0..<2 {
      for choice in try file.pages(head: head) {
        let rows = try file.rows(of: choice, head: head)
        #expect(rows.tokens.map(\.streamIndex) == [Int64(choice.page), Int64(choice.page)])
        #expect(floats(rows.values) == [0, 1].flatMap { [Float(choice.page % 2048), 0, $0, Float(head)] })
      }
    }
  }

  @Test(
    "Where all pages differ, they are spread over the whole stream, at any time",
    arguments: [41, 60, 100, 400, 1000, 3000])
  func spread(count: Int) throws {
    let file = try file()
    for page in 1...count { try append(page, to: file) }
    let pages = try file.pages().map(\.page).sorted()
    #expect(pages.count == 40)
    let even = Double(count) / 40
    // From the first minute to the last, no gap is more than three times an even one.
    for (before, after) in zip([0] + pages, pages + [count + 1]) {
      #expect(Double(after - before) <= max(3 * even, 2), "\(count): \(before) … \(after)")
    }
  }

  @Test("Of the pages that a temporal patch fills, none is preferred", arguments: [2, 3, 4, 8])
  func parts(perPatch: Int) throws {
    let file = try file()
    for page in 1...2000 { try append(page, to: file) }
    var counts = [Int](repeating: 0, count: perPatch)
    for choice in try file.pages() { counts[choice.page % perPatch] += 1 }
    for count in counts { #expect(abs(count - 40 / perPatch) <= 3, "\(counts)") }
  }

  @Test("A long stream is written ever more rarely")
  func writes() throws {
    let file = try file()
    for page in 1...4000 { try append(page, to: file) }
    // 40 · (1 + ln 100) = 224.
    #expect((150...300).contains(file.statistics.pagesWritten), "\(file.statistics.pagesWritten)")
  }

  @Test("An event stays in the file through hours in which hardly anything changes")
  func quiet() throws {
    let kept = try pagesOfEvent(
      scene: { [0, 1 + Float($0 % 3) * 0.02, 0, 0] }, event: { [0, 1, 0, $0 % 2 == 0 ? 1 : -1] })
    #expect(kept == 12)
  }

  @Test("A key that only its temporal position has rotated has not changed")
  func rotation() throws {
    let kept = try pagesOfEvent(scene: { _ in [2, 1, 0, 0] }, event: { [2, 1, 0, $0 % 2 == 0 ? 1 : -1] })
    #expect(kept == 12)
  }

  @Test("What all keys of a head have in common hides no change")
  func bias() throws {
    let kept = try pagesOfEvent(
      scene: { [0, 100 + Float($0 % 3) * 0.1, 0, 0] },
      event: { [0, 100, 0, $0 % 2 == 0 ? 4 : -4] })
    #expect(kept == 12)
  }

  @Test("Of a scene that never changes, the pages are spread over the whole stream, too")
  func still() throws {
    let file = try file()
    for page in 1...1000 { try append(page, key: [0, 1, 0, 0], to: file) }
    let pages = try file.pages().map(\.page).sorted()
    for (before, after) in zip(pages, pages.dropFirst() + [1001]) { #expect(after - before <= 3 * 1000 / 40) }
  }

  @Test("An emptied file compares nothing with the stream before")
  func emptied() throws {
    let file = try file()
    for _ in 0..<2 {
      for page in 1...400 { try append(page, key: [0, 1, 0, 0], to: file) }
      // Nothing came before the first page, and all others repeat it.
      #expect(try file.pages().contains { $0.page == 1 })
      file.removeAll()
    }
  }

  @Test("A page that gave way can no longer be chosen")
  func gone() throws {
    let file = try file()
    for page in 1...400 { try append(page, to: file) }
    let pages = Set(try file.pages().map(\.page))
    for page in [-1, 0] + Array(1...401) {
      let choice = file.choice(page: page, layer: 0, head: 0, position: { Int32($0) + 3 })
      #expect((choice != nil) == pages.contains(page))
      #expect(choice.map(\.shift) == (pages.contains(page) ? 3 : nil))
    }
    let missing = try #require((1...400).first { !pages.contains($0) })
    #expect(throws: OffloadError.pageDamaged(path: folder.file)) {
      try file.rows(of: RetrievedPage(page: missing, score: 0, shift: 0))
    }
  }
}
