// SPDX-License-Identifier: Apache-2.0

import Images
import Testing
import Video

@Suite("Previews")
struct PreviewTests {
  private func stream(_ name: String, pace: VideoStreamOptions.Pace = .realtime) async throws -> VideoStream {
    var options = options()
    options.previewSize = ImageSize(width: 64, height: 64)
    options.pace = pace
    return try await VideoStream.open(.file(path: media(name)), options: options)
  }

  @Test("show a still image, and the first frame before the second is due", arguments: ["one-frame.mp4", "slow.mp4"])
  func first(name: String) async throws {
    var options = options()
    options.previewSize = ImageSize(width: 64, height: 64)
    // Nobody takes a frame: the second is never read.
    options.queueCapacity = 1
    let stream = try await VideoStream.open(.file(path: media(name)), options: options)
    var previews = stream.previews.makeAsyncIterator()
    let preview = try #require(await previews.next())
    #expect(preview.time < 1 && preview.image.number == 0)
    stream.stop()
  }

  @Test("show the target of a jump at once, also in a still stretch and while paused", arguments: [1.2, 0.3])
  func jump(target: Double) async throws {
    for name in ["constant.mp4", "slow.mp4"] {
      let stream = try await stream(name)
      stream.pause()
      stream.seek(to: target)
      for await preview in stream.previews where preview.time == target {
        #expect(preview.image.number == Int(name == "slow.mp4" ? target : target * 25))
        break
      }
      stream.stop()
    }
  }

  @Test("end with the last frame, however fast the video is read")
  func last() async throws {
    let stream = try await stream("constant.mp4", pace: .fast)
    _ = await all(of: stream)
    stream.stop()
    var number = -1
    for await preview in stream.previews { number = preview.image.number }
    #expect(number == 49)
  }
}
