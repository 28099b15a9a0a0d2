// SPDX-License-Identifier: Apache-2.0

import ModelFile
import Platform
import TestSupport
import Testing

@Suite("Weights in memory")
struct ResidencyTests {
  @Test("Can be asked for ahead of their use")
  func prefetch() throws {
    let file = try GGUFFile(path: goldenPath("everything.gguf"))
    file.prefetch()
    #expect(file.tensor("ramp.f32").map { file.bytes(of: $0).count } == 512)
  }

  @Test("Are not read around where small pieces are wanted")
  func scattered() throws {
    let count = 16 << 20
    var contents = HandmadeFile(tensors: 1, entries: 0)
    contents.tensor("weights", [UInt64(count)], type: 0, offset: 0)
    contents.pad()
    let folder = try TemporaryFolder()
    let path = try folder.file(contents.bytes)
    try #require(truncate(path, contents.bytes.count + count * 4) == 0)
    let file = try GGUFFile(path: path)
    file.expect(.scattered)
    let bytes = file.bytes(of: try file.requiredTensor("weights"))
    // Far from the header, around which the system may have read.
    let touched = bytes.count / 4 * 3
    #expect(bytes[touched] == 0)
    // A page, or as much as the file system always reads at once.
    #expect(try residentBytes(around: touched, of: bytes, reach: 8 << 20) <= 65536)
    file.expect(.tensors)
    #expect(bytes[touched - 1] == 0)
  }

  /// Bytes that the system holds of a file, whoever has read them, in the pages around a place.
  private func residentBytes(around place: Int, of bytes: UnsafeRawBufferPointer, reach: Int) throws -> Int {
    let page = Int(getpagesize())
    let base = try #require(bytes.baseAddress)
    let first = (UInt(bitPattern: base + place - reach) / UInt(page)) * UInt(page)
    var pages = [UInt8](repeating: 0, count: 2 * reach / page)
    try #require(mincore(UnsafeMutableRawPointer(bitPattern: first), 2 * reach, &pages) == 0)
    return pages.count { $0 & 1 == 1 } * page
  }

  @Test("Can be locked, all parts of a split model too; the refusal names size and limit")
  func lock() throws {
    for name in ["everything.gguf", "split-00002-of-00003.gguf"] {
      let file = try GGUFFile(path: goldenPath(name))
      do {
        try file.lock()
      } catch {
        // A machine that allows no locking at all.
        guard case .unlockable(_, file.byteCount, _, _) = error else { throw error }
      }
    }
    let refusal = GGUFError.unlockable(path: "m.gguf", byteCount: 3 << 30, limit: 8 << 20, reason: "no")
    #expect(refusal.message.contains("3.0 GiB") && refusal.message.contains("8.0 MiB"))
    #expect(refusal.message.contains("ulimit -l"))
  }
}
