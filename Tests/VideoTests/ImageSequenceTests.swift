// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Video

@Suite("A row of numbered images")
struct ImageSequenceTests {
  private func frames(of pattern: String, files: [String]) async throws -> [Frame] {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    for name in files { try folder.write(try bytes(of: "still.jpg"), to: name) }
    return await all(of: try await VideoStream.open(.file(path: folder.path(pattern)), options: options()))
  }

  @Test("is a video of which each image is sampled once")
  func each() async throws {
    let frames = try await frames(of: "img_%03d.jpg", files: (1...3).map { "img_00\($0).jpg" })
    #expect(frames.map(\.time) == [0, 0.5, 1])
  }

  @Test("begins with the smallest number", arguments: ["img_%d.jpg", "100%%_%d.jpg"])
  func first(pattern: String) async throws {
    let name = pattern.replacing("%%", with: "%")
    let files = ["105", "104", "106", "007", "x1"].map { name.replacing("%d", with: $0) }
    let frames = try await frames(of: pattern, files: files)
    #expect(frames.count == 3)
  }

  @Test("that has no image, or as many digits as no name has, is missing", arguments: ["img_%03d.jpg", "%999999999d"])
  func missing(pattern: String) async throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1], to: "img_1.jpg").replacing("img_1.jpg", with: pattern)
    await #expect(throws: VideoError.missing(source: path)) { try await VideoStream.open(.file(path: path)) }
  }
}
