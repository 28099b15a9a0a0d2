// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing
import Video

@Suite("A source that cannot be read")
struct UnreadableSourceTests {
  /// The error of opening, which must be one line that names the source.
  private func error(opening path: String, options: VideoStreamOptions = options()) async throws -> VideoError {
    do {
      _ = try await VideoStream.open(VideoSource(path), options: options)
    } catch {
      #expect(!error.description.contains("\n"))
      #expect(error.description.contains(path) || path == "-")
      return error
    }
    throw Unexpected(what: "\(path) was opened")
  }

  private struct Unexpected: Error { var what: String }

  @Test("that is missing, a directory or empty says so")
  func plainMistakes() async throws {
    let folder = try TemporaryFolder()
    let missing = folder.path("none.mp4")
    #expect(try await error(opening: missing) == .missing(source: missing))
    #expect(try await error(opening: folder.url.path) == .isDirectory(source: folder.url.path))
    let empty = try folder.write([], to: "empty.mp4")
    #expect(try await error(opening: empty) == .empty(source: empty))
  }

  @Test("because the user may not says so", .enabled(if: geteuid() != 0, "root may read everything"))
  func noPermission() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1, 2, 3], to: "secret.mp4")
    chmod(path, 0)
    #expect(try await error(opening: path) == .notPermitted(source: path))
  }

  @Test("because it is text under a video's name says that it is no video")
  func text() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("These are minutes of a meeting.\n".utf8, to: "text.mp4")
    guard case .notAVideo = try await error(opening: path) else {
      Issue.record("another error")
      return
    }
    let long = try folder.write(String(repeating: "line after line\n", count: 5000).utf8, to: "long.mp4")
    guard case .notAVideo = try await error(opening: long) else {
      Issue.record("another error")
      return
    }
  }

  @Test(
    "because it is only sound, with or without a cover, says that it has no video",
    arguments: [
      "sound.mp4", "song-with-cover.mp3",
    ])
  func sound(name: String) async throws {
    let path = media(name)
    #expect(try await error(opening: path) == .noVideoTrack(source: path))
  }

  @Test("because its index is gone says what is missing")
  func noIndex() async throws {
    let folder = try TemporaryFolder()
    var contents = try bytes(of: "constant.mp4")
    let name = try #require(contents.firstRange(of: Array("moov".utf8)))
    contents.replaceSubrange(name, with: Array("gone".utf8))
    let path = try folder.write(contents, to: "cut.mp4")
    guard case .notAVideo(_, let detail) = try await error(opening: path) else {
      Issue.record("another error")
      return
    }
    #expect(detail == "moov atom not found")
  }

  @Test("because its index promises more than fits into memory says so, and takes none")
  func hugeIndex() async throws {
    let folder = try TemporaryFolder()
    var contents = try bytes(of: "constant.mp4")
    // The number of key frames, behind four bytes of flags: a list of 1.3 GiB.
    let count = try #require(contents.firstRange(of: Array("stss".utf8))?.upperBound) + 4
    contents.replaceSubrange(count..<count + 4, with: [0x14, 0x73, 0x74, 0x73])
    let path = try folder.write(contents, to: "huge.mp4")
    guard case .unreadable(_, let detail) = try await error(opening: path) else {
      Issue.record("another error")
      return
    }
    #expect(detail.contains("too much memory"))
  }

  @Test("because only its first bytes are there is no video")
  func onlyTheBeginning() async throws {
    let folder = try TemporaryFolder()
    for count in [1, 8, 60, 200, 700] {
      let path = try folder.write(try bytes(of: "constant.mp4").prefix(count), to: "\(count).mp4")
      switch try await error(opening: path) {
      case .notAVideo(_, let detail), .noImage(_, let detail): #expect(!detail.isEmpty, "\(count)")
      case .noVideoTrack: break
      case let other: Issue.record("\(other)")
      }
    }
  }

  @Test("because every frame in it is damaged says that none could be decoded")
  func noImage() async throws {
    let folder = try TemporaryFolder()
    var contents = try bytes(of: "constant.mp4")
    let start = try #require(contents.firstRange(of: Array("mdat".utf8))?.upperBound)
    for index in start..<contents.count { contents[index] = 0 }
    let path = try folder.write(contents, to: "hollow.mp4")
    guard case .noImage = try await error(opening: path) else {
      Issue.record("another error")
      return
    }
  }

  @Test("because its codec is unknown names the codec")
  func unknownCodec() async throws {
    let folder = try TemporaryFolder()
    var contents = try bytes(of: "constant.mp4")
    // The first of these names is one of the file's brands, the last that of the frames' format.
    let name = try #require(contents.ranges(of: Array("avc1".utf8)).last)
    contents.replaceSubrange(name, with: Array("zzzz".utf8))
    let path = try folder.write(contents, to: "unknown.mp4")
    #expect(try await error(opening: path) == .unsupportedCodec(source: path, codec: "zzzz"))
  }

  @Test("because its frames are too large says how large, and takes no memory for one")
  func tooLarge() async throws {
    let folder = try TemporaryFolder()
    var contents = try bytes(of: "transparent.png")
    // Width and height are the first numbers of the header, which is behind eight bytes of every PNG and its own name.
    contents.replaceSubrange(16..<24, with: [0, 0, 0x30, 0, 0, 0, 0x18, 0])
    let path = try folder.write(contents, to: "huge.png")
    #expect(try await error(opening: path) == .tooLarge(source: path, width: 12288, height: 6144))
  }

  /// Images of 30000×30000 pixels, most of which are missing.
  private static let refusedSizes: [(kind: String, contents: [UInt8])] = [
    (
      "png",
      [0x89] + Array("PNG\r\n\u{1A}\n\0\0\0\u{0D}IHDR".utf8) + [0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30, 8, 2, 0, 0, 0]
        + [0, 0, 0, 0, 0, 0, 0, 4] + Array("IDAT".utf8) + padding
    ),
    (
      "gif",
      Array("GIF89a".utf8) + [0x30, 0x75, 0x30, 0x75, 0xF0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF]
        + [0x2C, 0, 0, 0, 0, 0x30, 0x75, 0x30, 0x75, 0, 2, 2, 0x4C, 1, 0, 0x3B]
    ), ("ppm", Array("P6\n30000 30000\n255\n".utf8) + padding),
    ("qoi", Array("qoif".utf8) + [0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30, 3, 0] + padding),
  ]
  private static let padding = [UInt8](repeating: 0, count: 200)

  @Test("because it is an image of a size that FFmpeg refuses says how large, of any kind", arguments: refusedSizes)
  func refusedSize(kind: String, contents: [UInt8]) async throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(contents, to: "huge." + kind)
    #expect(try await error(opening: path) == .tooLarge(source: path, width: 30000, height: 30000))
  }

  @Test(
    "because it is an image of a kind that FFmpeg takes for damage says which kind",
    arguments: [
      ("HEIF", Array("\0\0\0\u{18}ftypheic\0\0\0\0mif1heic".utf8)),
      ("animated WebP", Array("RIFF\u{40}\0\0\0WEBPVP8X\u{0a}\0\0\0\u{02}\0\0\0\0\0\0\0\0\0ANIM".utf8)),
    ])
  func unsupportedImage(kind: String, beginning: [UInt8]) async throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(beginning + Array(repeating: 0, count: 60), to: "image")
    #expect(try await error(opening: path) == .unsupportedCodec(source: path, codec: kind))
  }

  @Test("because it is encrypted says so")
  func encrypted() async throws {
    let path = media("encrypted.mp4")
    #expect(try await error(opening: path) == .encrypted(source: path))
  }

  @Test("because it is a scrambled transport stream says so")
  func scrambledStream() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(scrambled(try bytes(of: "starts-at-100s.ts")), to: "scrambled.ts")
    #expect(try await error(opening: path) == .encrypted(source: path))
  }

  @Test("because it is scrambled is told from any part of a transport stream", arguments: [0, 4, 16])
  func scramblingOfPart(gap: Int) throws {
    let whole = try bytes(of: "starts-at-100s.ts")
    // Packets with a time in front of each, or a checksum behind each.
    func part(_ stream: [UInt8]) -> [UInt8] {
      let packets = stride(from: 0, to: stream.count, by: 188).map { stream[$0..<$0 + 188] }
      return Array(packets.flatMap { Array(repeating: 7, count: gap) + $0 }.dropFirst(100))
    }
    #expect(TransportScrambling(in: part(scrambled(whole)), of: 256).isScrambled)
    let plain = TransportScrambling(in: part(whole), of: 256)
    #expect(!plain.isScrambled && plain.packets > 5)
    #expect(!TransportScrambling(in: part(scrambled(whole)), of: 257).isScrambled)
    #expect(!TransportScrambling(in: [], of: 256).isScrambled)
  }

  @Test(
    "because nobody answers at its address says that it cannot be reached",
    arguments: [
      "rtsp://127.0.0.1:1/none", "http://127.0.0.1:1/none.mp4",
    ])
  func unreachable(address: String) async throws {
    guard case .unreachable(_, let detail) = try await error(opening: address) else {
      Issue.record("another error")
      return
    }
    #expect(detail == "Connection refused")
  }

  @Test("because its protocol is unknown lists those that are known")
  func unknownProtocol() async throws {
    #expect(try await error(opening: "gopher://host/x") == .unsupportedProtocol(source: "gopher://host/x"))
  }

  @Test("because the device is not there, or devices are not supported here, says which")
  func missingDevice() async throws {
    switch try await error(opening: "/dev/video99") {
    case .deviceUnavailable(_, let detail): #expect(detail == "No such file or directory")
    case .deviceSupportMissing(_, let library, let package):
      #expect(library.hasPrefix("libavdevice.so.") && package.hasPrefix("libavdevice"))
    case let other: Issue.record("\(other)")
    }
  }
}
