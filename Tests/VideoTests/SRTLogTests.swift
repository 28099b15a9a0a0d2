// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import Video

/// Has libsrt log an error: it is to wait for ever, and for nothing.
private func provokeLog() {
  typealias Create = @convention(c) () -> Int32
  typealias Wait =
    @convention(c) (
      Int32, UnsafeMutablePointer<Int32>?, UnsafeMutablePointer<Int32>?, UnsafeMutablePointer<Int32>?,
      UnsafeMutablePointer<Int32>?, Int64, UnsafeMutablePointer<Int32>?, UnsafeMutablePointer<Int32>?,
      UnsafeMutablePointer<Int32>?, UnsafeMutablePointer<Int32>?
    ) -> Int32
  guard let start = dlsym(nil, "srt_startup"), let create = dlsym(nil, "srt_epoll_create"),
    let wait = dlsym(nil, "srt_epoll_wait")
  else { return }
  _ = unsafeBitCast(start, to: Create.self)()
  let poll = unsafeBitCast(create, to: Create.self)()
  var socket: Int32 = 0
  var count: Int32 = 1
  _ = unsafeBitCast(wait, to: Wait.self)(poll, &socket, &count, nil, nil, -1, nil, nil, nil, nil)
}

@Suite("The log of libsrt", .enabled(if: dlsym(nil, "srt_epoll_wait") != nil, "FFmpeg is built without libsrt"))
struct SRTLogTests {
  @Test("goes to standard error by itself")
  func log() async throws {
    let result = try await #require(processExitsWith: .success, observing: [\.standardErrorContent]) { provokeLog() }
    #expect(String(decoding: result.standardErrorContent, as: UTF8.self).contains("SRT"))
  }

  @Test("is dropped once an srt address is watched")
  func silence() async throws {
    let result = try await #require(processExitsWith: .success, observing: [\.standardErrorContent]) {
      // Nobody answers.
      _ = try? VideoStream(source: VideoSource("srt://127.0.0.1:1"), options: VideoStreamOptions(timeout: 0.1))
      provokeLog()
    }
    #expect(!String(decoding: result.standardErrorContent, as: UTF8.self).contains("SRT"))
  }
}
