// SPDX-License-Identifier: Apache-2.0

import Platform
import Testing

@Suite("Writing to a descriptor", .timeLimit(.minutes(10)))
struct DescriptorWritingTests {
  @Test("Everything is written, to a pipe that is full at times too")
  func writesAll() async throws {
    let pipe = try WakePipe()
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 % 251) }
    let result = await withCheckedContinuation { continuation in
      let started = startThread(name: "writer") { continuation.resume(returning: writeAll(bytes, to: pipe.writeEnd)) }
      #expect(started)
      var received: [UInt8] = []
      while received.count < bytes.count {
        var descriptor = pollfd(fd: pipe.readEnd, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, 10_000) > 0 else { break }
        received += pipe.takeBytes()
      }
      #expect(received == bytes)
    }
    #expect(result == 0)
  }

  @Test("What cannot be written says why")
  func failure() {
    #expect(writeAll([1], to: -1) == EBADF)
    #expect(errorText(ENOENT) == "No such file or directory")
  }
}
