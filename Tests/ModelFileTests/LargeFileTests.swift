// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelFile
import Platform
import TestSupport
import Testing

/// Sizes of a model of seven thousand million parameters at 4.5 bits, without the disk space: the weights are a hole.
@Suite("A large file")
struct LargeFileTests {
  /// The header of a decoder of 28 layers, 3584 wide, with a vocabulary of 152,064 entries as strings, all Q4_K.
  private static func header() -> (bytes: [UInt8], end: Int) {
    let width: UInt64 = 3584
    let inner: UInt64 = 18944
    let vocabulary: UInt64 = 152_064
    var shapes: [(String, [UInt64])] = []
    for name in ["token_embd.weight", "output.weight"] { shapes.append((name, [width, vocabulary])) }
    for layer in 0..<28 {
      for (name, columns, rows) in [
        ("attn_q", width, width), ("attn_k", width, 512), ("attn_v", width, 512), ("attn_output", width, width),
        ("ffn_gate", width, inner), ("ffn_up", width, inner), ("ffn_down", inner, width),
      ] { shapes.append(("blk.\(layer).\(name).weight", [columns, rows])) }
    }
    var file = HandmadeFile(tensors: UInt64(shapes.count), entries: 2)
    file.entry("general.architecture", type: 8)
    file.add(text: "qwen2vl")
    file.entry("tokenizer.ggml.tokens", type: 9)
    file.add(UInt32(8))
    file.add(vocabulary)
    for token in 0..<vocabulary { file.add(text: "token \(token)") }
    var offset: UInt64 = 0
    for (name, dimensions) in shapes {
      file.tensor(name, dimensions, type: 12, offset: offset)
      offset += (dimensions.reduce(1, *) / 256 * 144 + 31) & ~31
    }
    file.pad()
    return (file.bytes, file.bytes.count + Int(offset))
  }

  /// Bytes of a mapped file that are resident in this process.
  private static func residentBytes(of path: String) throws -> Int? {
    // Asked for as one string, a file of the kernel's ends with its first piece.
    let handle = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/smaps"))
    let lines = try String(decoding: handle.readToEnd() ?? Data(), as: UTF8.self).split(separator: "\n")
    guard let start = lines.firstIndex(where: { $0.hasSuffix(path) }),
      let line = lines[start...].first(where: { $0.hasPrefix("Rss:") })
    else { return nil }
    return line.split(separator: " ").compactMap { Int($0) }.first.map { $0 * 1024 }
  }

  @Test("Opens in well under a second, and only its header comes into memory", .enabled(if: smapsIsThere))
  func opening() throws {
    let folder = try TemporaryFolder()
    let (bytes, end) = Self.header()
    let path = try folder.file(bytes)
    try #require(truncate(path, end) == 0)
    var file: GGUFFile?
    // The thread's own time: other work of the machine does not count.
    let start = threadTime()
    file = try GGUFFile(path: path)
    let seconds = Double(threadTime() - start) / 1e9
    try withExtendedLifetime(file) {
      #expect(file?.byteCount == end && end > 4_000_000_000)
      #expect(file?.tensors.count == 198)
      #expect(seconds < 0.5, "\(seconds) s")
      let resident = try #require(try Self.residentBytes(of: path))
      // The kernel maps up to 16 pages around one that is touched.
      #expect(resident > 0 && resident <= bytes.count + 65536, "\(resident) of \(bytes.count) bytes of header")
    }
  }

  /// Nanoseconds of processor time that this thread has taken.
  private func threadTime() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  private static let smapsIsThere = FileManager.default.isReadableFile(atPath: "/proc/self/smaps")
}
