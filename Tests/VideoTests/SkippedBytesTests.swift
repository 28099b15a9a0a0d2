// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Video

/// Where the tag in the middle of a file in FLV begins.
func middleTag(of contents: [UInt8]) -> Int {
  var place = 13
  while place < contents.count / 2 {
    place += 15 + contents[place + 1..<place + 4].reduce(0) { $0 << 8 | Int($1) }
  }
  return place
}

@Suite("Bytes within a recording that are part of none")
struct SkippedBytesTests {
  static let junk = (0..<5000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }

  @Test("are told once, and what follows them is read", arguments: ["starts-at-100s.ts", "grey.flv"])
  func told(name: String) async throws {
    let folder = try TemporaryFolder()
    let contents = try bytes(of: name)
    let place = name.hasSuffix("ts") ? contents.count / 188 / 2 * 188 : middleTag(of: contents)
    let path = try folder.write(contents[..<place] + Self.junk + contents[place...], to: "file")
    let whole = try await sampled(name, framesPerSecond: 25)
    let stream = try await VideoStream.open(.file(path: path), options: options(25))
    #expect(abs(await all(of: stream).count - whole.count) <= 2)
    let warnings = stream.takeWarnings()
    #expect(warnings.count { $0.contains(": 5000 bytes that are part of no recording") } == 1, "\(warnings)")
    #expect(!warnings.contains { $0.contains("cut off") }, "\(warnings)")
    stream.seek(to: 0)
    _ = await all(of: stream)
    #expect(!stream.takeWarnings().contains { $0.contains("part of no recording") })
  }

  @Test("are told as unread behind the last tag of a file in FLV")
  func behindTags() async throws {
    let folder = try TemporaryFolder()
    let contents = try bytes(of: "grey.flv")
    let path = try folder.write(contents + Self.junk, to: "a.flv")
    let stream = try await VideoStream.open(.file(path: path), options: options(25))
    #expect(await all(of: stream).count == (try await sampled("grey.flv", framesPerSecond: 25).count))
    let warnings = stream.takeWarnings()
    #expect(warnings.count == 1 && warnings[0].contains("5000 of \(contents.count + 5000) bytes"), "\(warnings)")
  }

  @Test("are told as unread where none of the recording is")
  func unread() async throws {
    let folder = try TemporaryFolder()
    let contents = try bytes(of: "starts-at-100s.ts")
    let head = contents.prefix(188 * 5)
    let path = try folder.write(contents + head + Self.junk + head + Self.junk, to: "joined.ts")
    let stream = try await VideoStream.open(.file(path: path), options: options(5))
    _ = await all(of: stream)
    let warnings = stream.takeWarnings()
    #expect(!warnings.contains { $0.contains("part of no recording") }, "\(warnings)")
    #expect(warnings.contains { $0.contains("bytes were not read") }, "\(warnings)")
  }

  @Test("are told in a transport stream that is too long to be read when it is opened")
  func long() async throws {
    let folder = try TemporaryFolder()
    let contents = try bytes(of: "starts-at-100s.ts")
    let nothing = [0x47, 0x1F, 0xFF, 0x10] + Array(repeating: UInt8(0xFF), count: 184)
    let filling = Array(Array(repeating: nothing, count: 360_000).joined())
    let end = contents.count / 188 / 2 * 188
    let path = try folder.write(contents[..<end] + filling + Self.junk + contents[end...], to: "long.ts")
    let stream = try await VideoStream.open(.file(path: path), options: options(5))
    _ = await all(of: stream)
    let warnings = stream.takeWarnings()
    #expect(warnings.contains { $0.contains(": 5000 bytes that are part of no recording") }, "\(warnings)")
  }
}
