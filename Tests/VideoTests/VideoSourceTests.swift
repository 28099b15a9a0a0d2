// SPDX-License-Identifier: Apache-2.0

import Testing
import Video

@Suite("A source")
struct VideoSourceTests {
  @Test("is named on one line, without a password and without control characters")
  func displayName() {
    #expect(VideoSource("rtsp://me:secret@cam:554/live?x=1").displayName == "rtsp://me:***@cam:554/live?x=1")
    #expect(VideoSource("http://cam/a@b:c").displayName == "http://cam/a@b:c")
    #expect(VideoSource("clip\n\u{1b}[2J.mp4").displayName == "clip\\u{a}\\u{1b}[2J.mp4")
  }

  @Test("is recognised from what the user types")
  func kinds() {
    #expect(VideoSource("-") == .standardInput)
    #expect(VideoSource("/dev/video0") == .device(path: "/dev/video0"))
    #expect(VideoSource("rtsp://cam/1") == .url("rtsp://cam/1"))
    #expect(VideoSource("file:///tmp/a%20b.mp4") == .file(path: "/tmp/a b.mp4"))
    #expect(VideoSource("file://localhost/tmp/a.mp4") == .file(path: "/tmp/a.mp4"))
    #expect(VideoSource("a: b.mp4") == .file(path: "a: b.mp4"))
    #expect(VideoSource("rtsp://cam/1").isLive && VideoSource("/dev/video0").isLive && !VideoSource("-").isLive)
  }
}
