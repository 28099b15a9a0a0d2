// SPDX-License-Identifier: Apache-2.0

import Images
import Inference
import InferenceTestSupport
import Records
import Testing

@Suite("Frames are paired into temporal patches in one place", .serialized)
struct FrameEncoderTests {
  private static let embedded = SharedEmbeddedModel()
  private let model: LoadedModel

  init() throws { model = try Self.embedded.get() }

  private func image(_ red: UInt8, width: Int = 112) -> Image {
    Image(width: width, height: 112, pixels: (0..<width * 112).flatMap { _ in [red, 90, 60] })
  }

  private func encode(_ encoding: TemporalPatchEncoding?) throws -> TemporalPatch {
    var encoding = try #require(encoding)
    while try encoding.step() {}
    return encoding.patch
  }

  @Test("Every second frame completes a patch, which stands at the middle of both")
  func pairs() throws {
    var encoder = FrameEncoder(model: model)
    #expect(try encoder.add(image(0), at: 2) == nil)
    let patch = try encode(try encoder.add(image(200), at: 2.5))
    #expect(patch.time == 2.25 && patch.end == 2.5 && patch.duration == 1)
    #expect(patch.grid.tokenCount == patch.embeddings.rows)
    #expect(try encoder.finish() == nil)
  }

  @Test("A frame without a partner is taken twice, and lasts as long as the patch before it")
  func odd() throws {
    var encoder = FrameEncoder(model: model)
    _ = try encoder.add(image(0), at: 0)
    _ = try encode(try encoder.add(image(0), at: 0.25))
    #expect(try encoder.add(image(200), at: 0.5) == nil)
    let last = try encode(try encoder.finish())
    #expect(last.time == 0.5 && last.end == 0.5 && last.duration == 0.5)
    var still = FrameEncoder(model: model)
    _ = try still.add(image(200), at: 0)
    #expect(try encode(try still.add(image(200), at: 1)).embeddings.values == last.embeddings.values)
  }

  @Test("A frame of another size does not complete a patch: the one before it is a patch of its own")
  func sizes() throws {
    var encoder = FrameEncoder(model: model)
    _ = try encoder.add(image(0), at: 0)
    let first = try encode(try encoder.add(image(0, width: 168), at: 1))
    #expect(first.grid.width == 4 && first.time == 0)
    let second = try encode(try encoder.finish())
    #expect(second.grid.width == 6 && second.time == 1)
  }

  @Test("A patch that is kept does not change when the next one is encoded")
  func memory() throws {
    var encoder = FrameEncoder(model: model)
    _ = try encoder.add(image(0), at: 0)
    let first = try encode(try encoder.add(image(0), at: 1))
    let values = first.embeddings.values
    _ = try encoder.add(image(250), at: 2)
    let second = try encode(try encoder.add(image(250), at: 3))
    #expect(first.embeddings.values == values && second.embeddings.values != values)
  }

  @Test("The same frames are not encoded again, and keep their time")
  func still() throws {
    var encoder = FrameEncoder(model: model)
    var patches: [TemporalPatch] = []
    for second in 0..<4 {
      _ = try encoder.add(image(9), at: Double(second))
      var encoding = try #require(try encoder.add(image(9), at: Double(second) + 0.5))
      var steps = 0
      while try encoding.step() { steps += 1 }
      encoder.keep(encoding)
      patches.append(encoding.patch)
      #expect((steps == 0) == (second > 1))
    }
    #expect(patches.map(\.time) == [0.25, 1.25, 2.25, 3.25])
    #expect(patches.allSatisfy { $0.duration == 1 && $0.embeddings.values == patches[0].embeddings.values })
    _ = try encoder.add(image(200), at: 4)
    let other = try encode(try encoder.add(image(200), at: 4.5))
    #expect(other.embeddings.values != patches[0].embeddings.values)
  }

  @Test("Six hours of the same frames give few patches, which stand for all of them")
  func hoursOfStillness() throws {
    var encoder = FrameEncoder(model: model)
    let frame = image(9)
    var duration = 0.0
    var count = 0
    for second in 0..<21_600 {
      _ = try encoder.add(frame, at: Double(second))
      guard var encoding = try encoder.add(frame, at: Double(second) + 0.5) else { continue }
      while try encoding.step() {}
      encoder.keep(encoding)
      duration += encoding.patch.duration
      count += 1
    }
    #expect(count < 150)
    #expect(duration > 21_600 * 0.9 && duration <= 21_600)
  }

  @Test("An image that the tower does not take is refused")
  func refused() throws {
    var encoder = FrameEncoder(model: model)
    _ = try encoder.add(image(0, width: 100), at: 0)
    #expect(throws: ReportedError.self) { try encoder.add(image(0, width: 100), at: 1) }
  }
}
