// SPDX-License-Identifier: Apache-2.0

import Images
import Inference
import InferenceTestSupport
import TestSupport
import Testing

@Suite("A stream is encoded where it changed", .serialized)
struct SparseEncoderTests {
  private static let embedded = SharedEmbeddedModel(
    ModelLoadingOptions(visionEncoding: .sparse(.f32, isReadSparsely: false)))
  private let model: LoadedModel
  private static let side = 224

  init() throws { model = try Self.embedded.get() }

  /// A scene with a square somewhere.
  private func image(_ left: Int, _ top: Int = 100, size: Int = 20) -> Image {
    var pixels: [UInt8] = []
    for y in 0..<Self.side {
      for x in 0..<Self.side {
        let isSquare = (left..<left + size).contains(x) && (top..<top + size).contains(y)
        pixels += isSquare ? [220, 30, 30] : [UInt8(60 + x / 4), UInt8(90 + y / 8), 70]
      }
    }
    return Image(width: Self.side, height: Self.side, pixels: pixels)
  }

  private func encode(_ frames: [Image], with encoder: inout FrameEncoder) throws -> [TemporalPatch] {
    var patches: [TemporalPatch] = []
    for (index, frame) in frames.enumerated() {
      guard var encoding = try encoder.add(frame, at: Double(index) / 2) else { continue }
      while try encoding.step() {}
      encoder.keep(encoding)
      patches.append(encoding.patch)
    }
    return patches
  }

  @Test("A small object that moves costs a part of the tower, and its embeddings follow it")
  func moving() throws {
    let frames = (0..<24).map { image(20 + 3 * $0) }
    var encoder = FrameEncoder(model: model)
    let sparse = try encode(frames, with: &encoder)
    let share = try #require(encoder.activeShare)
    #expect(share.patches == 12 && share.places < 0.7, "\(share)")
    var dense = FrameEncoder(model: try SharedEmbeddedModel().get())
    let expected = try encode(frames, with: &dense)
    #expect(dense.activeShare == nil && expected.count == sparse.count)
    var (errors, changes) = (0.0, 0.0)
    for (index, (mine, exact)) in zip(sparse, expected).enumerated().dropFirst() {
      #expect(mine.time == exact.time && mine.duration == exact.duration)
      // The place of the second frame's square.
      let columns = exact.grid.width
      let token = 100 * columns / Self.side * columns + (20 + 3 * (2 * index + 1)) * columns / Self.side
      errors += relativeDifference(row(mine, token), row(exact, token))
      changes += relativeDifference(row(expected[0], token), row(exact, token))
    }
    #expect(errors < 0.8 * changes, "\(errors) of \(changes)")
  }

  @Test("When everything has come to rest, all places are computed once, and what has gone leaves nothing behind")
  func rest() throws {
    let gone = image(300)
    var encoder = FrameEncoder(model: model)
    _ = try encode((0..<12).map { image(40 + 10 * $0) } + [gone, gone], with: &encoder)
    let before = try #require(encoder.activeShare).densePatches
    let rest = try encode([altered(gone, 1), altered(gone, 2), altered(gone, 3), altered(gone, 4)], with: &encoder)
    #expect(encoder.activeShare?.densePatches == before + 1)
    var dense = FrameEncoder(model: try SharedEmbeddedModel().get())
    let expected = try encode([altered(gone, 1), altered(gone, 2)], with: &dense)
    #expect(rest[0].embeddings.values == expected[0].embeddings.values)
  }

  private func row(_ patch: TemporalPatch, _ token: Int) -> [Float] {
    let width = patch.embeddings.width
    return Array(patch.embeddings.values[token * width..<(token + 1) * width])
  }

  @Test("Frames of the same pixels count in the active share, with none")
  func repeatedFrames() throws {
    var encoder = FrameEncoder(model: model)
    #expect(encoder.activeShare == nil)
    let still = image(20)
    _ = try encode([still, still], with: &encoder)
    #expect(encoder.activeShare?.places == 1)
    _ = try encode(Array(repeating: still, count: 398), with: &encoder)
    let share = try #require(encoder.activeShare)
    #expect(share.patches == 200 && share.places < 0.02, "\(share)")
  }

  /// The image with a difference too small to count, so that it is not the same one.
  private func altered(_ image: Image, _ place: Int) -> Image {
    var pixels = image.pixels
    pixels[place * 3] ^= 1
    return Image(width: image.width, height: image.height, pixels: pixels)
  }

  @Test("A cut has everything computed")
  func cut() throws {
    var encoder = FrameEncoder(model: model)
    _ = try encode([image(20), image(26), image(32), image(38)], with: &encoder)
    let other = Image(
      width: Self.side, height: Self.side,
      pixels: (0..<Self.side * Self.side).flatMap { [UInt8($0 % 200), UInt8($0 / 300), 30] })
    let cut = try encode([other, other], with: &encoder)
    #expect(encoder.activeShare?.densePatches == 2)
    var dense = FrameEncoder(model: try SharedEmbeddedModel().get())
    #expect(try encode([other, other], with: &dense)[0].embeddings.values == cut[0].embeddings.values)
  }

  @Test("Every place is computed again within 64 patches although nothing changes there")
  func refresh() throws {
    var encoder = FrameEncoder(model: model)
    let images = (0..<132).map { altered(image(20), $0) }
    let patches = try encode(images, with: &encoder)
    let share = try #require(encoder.activeShare)
    let places = Double(patches[0].grid.tokenCount)
    #expect(share.densePatches == 1)
    // One or more in turn each patch, and no others.
    let turns = (places / 64).rounded(.up)
    #expect(abs(share.places - (places + turns * 65) / (places * 66)) < 0.01)
  }

  @Test("Frames of another size begin with a dense pass")
  func sizes() throws {
    var encoder = FrameEncoder(model: model)
    _ = try encode([image(20), image(26)], with: &encoder)
    let small = Image(width: 112, height: 112, pixels: [UInt8](repeating: 77, count: 112 * 112 * 3))
    let patch = try encode([small, small], with: &encoder)[0]
    var dense = FrameEncoder(model: try SharedEmbeddedModel().get())
    #expect(try encode([small, small], with: &dense)[0].embeddings.values == patch.embeddings.values)
  }
}
