import Foundation
import Pictures
import Testing
import Video

@Suite("Picture files")
struct PictureFileTests {
  /// Every colour channel differs from pixel to pixel.
  private let picture = Picture(width: 37, height: 23, pixels: (0..<37 * 23 * 3).map { UInt8($0 * 7 % 251) })

  @Test("come back as they were written, pixel for pixel")
  func roundTrip() throws {
    let scratch = try Scratch()
    let path = scratch.path("picture.png")
    try PictureFile.write(picture, to: path)
    #expect(try PictureFile.read(path) == picture)
    let signature = try Data(contentsOf: URL(fileURLWithPath: path)).prefix(4)
    #expect(Array(signature) == [0x89, 0x50, 0x4E, 0x47])
  }

  @Test("replace what stood there")
  func replaces() throws {
    let scratch = try Scratch()
    let path = scratch.path("picture.png")
    try Data(repeating: 1, count: 100_000).write(to: URL(fileURLWithPath: path))
    try PictureFile.write(picture, to: path)
    #expect(try PictureFile.read(path) == picture)
  }

  @Test("that cannot be written or read say so with their name")
  func failures() throws {
    let scratch = try Scratch()
    for path in ["/nonexistent/picture.png", scratch.directory.path] {
      #expect { try PictureFile.write(picture, to: path) } throws: { "\($0)".contains(path) }
    }
    func read(_ path: String, _ bytes: Data) throws {
      try bytes.write(to: URL(fileURLWithPath: path))
      #expect { _ = try PictureFile.read(path) } throws: { "\($0)".contains(path) }
    }
    try read(scratch.path("empty.png"), Data())
    try read(scratch.path("text.png"), Data("no picture at all".utf8))
    try PictureFile.write(picture, to: scratch.path("whole.png"))
    let whole = try Data(contentsOf: URL(fileURLWithPath: scratch.path("whole.png")))
    try read(scratch.path("half.png"), whole.prefix(60))
    #expect(throws: VideoError.missing(source: "/nonexistent.png")) { try PictureFile.read("/nonexistent.png") }
    #expect(throws: VideoError.self) { try PictureFile.write(Picture(width: 0, height: 0, pixels: []), to: "x.png") }
  }
}
