// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelFile
import TestSupport
import Testing

/// Damaged at random, a file opens or is refused; it never ends the program.
@Suite("A randomly damaged file")
struct MutationTests {
  /// Numbers at which careless arithmetic goes wrong.
  static let hostile: [UInt64] = [
    .max, .max - 7, 1 << 63, 1 << 62, 1 << 61, 1 << 48, 1 << 32, (1 << 32) - 1, 1 << 31, 0, 1, 255, 65536,
  ]

  @Test("Opens or is refused", arguments: 0..<8 as Range<UInt64>)
  func mutations(seed: UInt64) throws {
    let whole = try Array(Data(contentsOf: URL(filePath: goldenPath("everything.gguf"))))
    let headerLength = 1088
    let folder = try TemporaryFolder()
    var generator = SplitMix64(seed: seed)
    var opened = 0
    var refused = 0
    for _ in 0..<500 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...3, using: &generator) { mutate(&bytes, upTo: headerLength, &generator) }
      let path = try folder.file(bytes)
      do {
        touch(try GGUFFile(path: path))
        opened += 1
      } catch {
        #expect(!error.message.isEmpty)
        refused += 1
      }
    }
    // Otherwise the damage would be too slight or too coarse to say anything.
    #expect(opened > 20 && refused > 200)
  }

  private func mutate(_ bytes: inout [UInt8], upTo limit: Int, _ generator: inout SplitMix64) {
    let place = Int.random(in: 0..<min(limit, bytes.count - 8), using: &generator)
    switch Int.random(in: 0..<8, using: &generator) {
    case 0...3: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 4...5:
      let value = Self.hostile[Int.random(in: 0..<Self.hostile.count, using: &generator)]
      let width = Bool.random(using: &generator) ? 8 : 4
      withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(place..<place + width, with: $0.prefix(width)) }
    case 6: bytes.removeSubrange(place..<min(place + Int.random(in: 1...16, using: &generator), bytes.count - 16))
    default: bytes.removeLast(Int.random(in: 0..<bytes.count - limit, using: &generator))
    }
  }

  /// Reads everything that the file offers.
  private func touch(_ file: GGUFFile) {
    var sum = 0
    for key in file.metadata.keys {
      if case .array(let array) = file.metadata[key] {
        sum &+= array.strings?.count ?? array.integers?.count ?? array.floats?.count ?? array.bools?.count ?? 0
      }
    }
    for tensor in file.tensors {
      for byte in file.bytes(of: tensor) { sum &+= Int(byte) }
      sum &+= tensor.elementCount
    }
    #expect(sum != .min)
  }
}
