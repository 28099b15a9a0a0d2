// SPDX-License-Identifier: Apache-2.0

import Foundation
import Images
import TestSupport
import Testing
import Video

@Suite("Image files")
struct PNGFileTests {
  /// Every colour channel differs from pixel to pixel.
  private let image = Image(width: 37, height: 23, pixels: (0..<37 * 23 * 3).map { UInt8($0 * 7 % 251) })

  @Test("come back as they were written, pixel for pixel")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("image.png")
    try PNGFile.write(image, to: path)
    #expect(try PNGFile.read(path) == image)
    let signature = try Data(contentsOf: URL(fileURLWithPath: path)).prefix(4)
    #expect(Array(signature) == [0x89, 0x50, 0x4E, 0x47])
  }

  @Test("replace another image, and nothing else")
  func replaces() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("image.png")
    try (Data([0x89, 0x50, 0x4E, 0x47]) + Data(repeating: 1, count: 100_000)).write(to: URL(fileURLWithPath: path))
    try PNGFile.write(image, to: path)
    #expect(try PNGFile.read(path) == image)
    let diary = folder.path("diary.txt")
    try Data("Dear diary".utf8).write(to: URL(fileURLWithPath: diary))
    #expect { try PNGFile.write(image, to: diary) } throws: { "\($0)".contains("diary.txt") }
    #expect(try Data(contentsOf: URL(fileURLWithPath: diary)) == Data("Dear diary".utf8))
  }

  @Test("that cannot be written or read say so with their name")
  func failures() throws {
    let folder = try TemporaryFolder()
    for path in ["/nonexistent/image.png", folder.url.path] {
      #expect { try PNGFile.write(image, to: path) } throws: { "\($0)".contains(path) }
    }
    func read(_ path: String, _ bytes: Data) throws {
      try bytes.write(to: URL(fileURLWithPath: path))
      #expect { _ = try PNGFile.read(path) } throws: { "\($0)".contains(path) }
    }
    try read(folder.path("empty.png"), Data())
    try read(folder.path("text.png"), Data("no image at all".utf8))
    try PNGFile.write(image, to: folder.path("whole.png"))
    let whole = try Data(contentsOf: URL(fileURLWithPath: folder.path("whole.png")))
    try read(folder.path("half.png"), whole.prefix(60))
    #expect(throws: VideoError.missing(source: "/nonexistent.png")) { try PNGFile.read("/nonexistent.png") }
    #expect(throws: VideoError.self) { try PNGFile.write(Image(width: 0, height: 0, pixels: []), to: "x.png") }
  }
}
