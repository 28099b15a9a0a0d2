// SPDX-License-Identifier: Apache-2.0

import ModelFile
import Testing

@Suite("XXH64")
struct XXH64Tests {
  /// Made with libxxhash 0.8.1: `XXH64(bytes, n, 0)` of n bytes (7 i + 3) mod 256.
  private static let references: [(count: Int, checksum: UInt64)] = [
    (0, 0xEF46_DB37_51D8_E999), (1, 0x1F25_C8D0_BC1F_4BB6), (4, 0x9BB6_4B7D_66EE_9FDA), (7, 0x9A7B_1499_59CE_60D8),
    (12, 0xD52E_4078_33AF_5133), (31, 0xA2AA_5F33_CC4A_6119), (32, 0x23C3_C17E_F790_FD97),
    (33, 0x50A7_CFC7_BA58_8784), (63, 0x5E3E_54B4_31C7_493C), (64, 0x0EB6_4B3E_F6EE_B01F),
    (100, 0xA61F_8D4C_170F_E531), (1000, 0x5F23_5FA0_33F1_A3FB),
  ]

  private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(($0 * 7 + 3) % 256) } }

  @Test("gives what the reference library gives")
  func reference() {
    for (count, checksum) in Self.references {
      #expect(bytes(count).withUnsafeBytes { XXH64.checksum(of: $0) } == checksum, "\(count) bytes")
    }
  }

  @Test("does not depend on how the bytes are divided", arguments: [1, 5, 31, 32, 33, 700])
  func pieces(size: Int) throws {
    let whole = bytes(1000)
    var state = XXH64()
    for start in stride(from: 0, to: whole.count, by: size) {
      state.update(Array(whole[start..<min(start + size, whole.count)]))
    }
    let reference = try #require(Self.references.last)
    #expect(state.digest == reference.checksum)
  }

  @Test("changes with every single bit")
  func bits() {
    let whole = bytes(100)
    let checksum = whole.withUnsafeBytes { XXH64.checksum(of: $0) }
    for bit in 0..<800 {
      var changed = whole
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(changed.withUnsafeBytes { XXH64.checksum(of: $0) } != checksum, "bit \(bit)")
    }
  }
}
