// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Foundation
import TestSupport
import Testing

/// Reading from a damaged offload file gives the written contents or an error, whatever the damage.
///
/// `OFFLOADS` is the number of damaged files, `OFFLOAD_SEED` the first seed.
@Suite("A damaged offload file")
struct DamagedOffloadTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let count = environment["OFFLOADS"].flatMap { UInt64($0) } ?? 1000
  private static let seed = environment["OFFLOAD_SEED"].flatMap { UInt64($0) } ?? 0

  private let shape = CacheShape(layers: 1, keyValueHeads: 2, headDimension: 4)
  private let pages = 6
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Opens the file. A program that another test starts has its lock until it is running, for a moment.
  private func open() throws(OffloadError) -> OffloadFile {
    for _ in 0..<500 {
      do throws(OffloadError) {
        return try OffloadFile(
          path: folder.path("stream.offload"), byteCount: 1 << 14, shape: shape, pageTokens: 2,
          rotation: RoPEFrequencies(frequencies: [1]), tag: "test")
      } catch .inUse {
        usleep(10_000)
      }
    }
    throw .inUse(path: folder.path("stream.offload"))
  }

  /// A key or value of a page's token: the page's number in each place, so that a wrong page is seen.
  private func row(page: Int, token: Int) -> [UInt16] {
    [Float16(page), Float16(token), 1, 2].map(\.bitPattern)
  }

  private func fill(_ file: OffloadFile) throws {
    for page in 1...pages {
      let rows = (0..<2).flatMap { row(page: page, token: $0) }
      for head in 0..<2 {
        let tokens = (0..<2).map { OffloadToken(streamIndex: Int64(page), patch: $0) }
        try file.append(
          layer: 0, head: head, keys: rows.span, values: rows.span, tokens: tokens,
          positions: [Int32(page), Int32(page)])
      }
    }
  }

  /// Ranks and reads all pages of both heads.
  private func read(_ file: OffloadFile, seed: UInt64) throws {
    for head in 0..<2 {
      let found = try file.rank(
        layer: 0, head: head, queries: [Float](repeating: 0, count: 4).span, limit: .max, position: { Int32($0) })
      #expect(found.count == pages, "seed \(seed)")
      for choice in found {
        var keys = [UInt16](repeating: 0, count: 8)
        var values = keys
        let tokens = try keys.withUnsafeMutableBufferPointer { keys in
          try values.withUnsafeMutableBufferPointer { values in
            try file.read(choice, layer: 0, head: head, keys: keys.baseAddress!, values: values.baseAddress!)
          }
        }
        let expected = (0..<2).flatMap { row(page: choice.page, token: $0) }
        #expect(keys == expected && values == expected, "seed \(seed): page \(choice.page) holds something else")
        #expect(tokens == (0..<2).map { OffloadToken(streamIndex: Int64(choice.page), patch: $0) }, "seed \(seed)")
      }
    }
  }

  private func overwrite(_ bytes: [UInt8]) throws {
    let handle = try #require(FileHandle(forUpdatingAtPath: folder.path("stream.offload")))
    try handle.write(contentsOf: bytes)
    try handle.truncate(atOffset: UInt64(bytes.count))
    try handle.close()
  }

  @Test("gives what was written, or is an error, while it is in use and when it is opened again")
  func damage() throws {
    var file: OffloadFile? = try open()
    if let file { try fill(file) }
    let whole = Array(try Data(contentsOf: folder.url.appending(path: "stream.offload")))
    var noticed = 0
    var unnoticed = 0
    var opened = 0
    for number in 0..<Self.count {
      let seed = Self.seed &+ number
      var random = SplitMix64(seed: seed)
      func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
      var bytes = whole
      for _ in 0...below(6) {
        // Half of the damage where the pages and their records lie, half in the header.
        let place = below(2) == 0 ? below(256) : below(bytes.count)
        bytes[place] = UInt8(below(256))
      }
      if below(16) == 0 { bytes.removeLast(below(bytes.count)) }
      try overwrite(bytes)
      do {
        if let file { try read(file, seed: seed) }
        unnoticed += 1
      } catch is OffloadError {
        noticed += 1
      }
      // Another run opens the file as its own, empty and usable, or leaves it as it is.
      file = nil
      do {
        let again = try open()
        try fill(again)
        try read(again, seed: seed)
        opened += 1
        file = again
      } catch is OffloadError {
        try overwrite(whole)
        let again = try open()
        try fill(again)
        file = again
      }
    }
    print("\(noticed) offload files with damage noticed in use, \(unnoticed) without; \(opened) opened again")
    let least = Int(Self.count) / 50
    #expect(noticed > least && unnoticed > least && opened > least, "\(noticed), \(unnoticed), \(opened)")
  }
}
