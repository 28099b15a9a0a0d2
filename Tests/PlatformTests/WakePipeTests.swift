// SPDX-License-Identifier: Apache-2.0

import Platform
import Testing

@Suite("A pipe that wakes")
struct WakePipeTests {
  @Test("A pipe wakes however often it is rung")
  func wakePipe() throws {
    let pipe = try WakePipe()
    for _ in 0..<100_000 { pipe.wake() }
    #expect(pipe.takeBytes() == Array(repeating: 0, count: 256))
    #expect([pipe.readEnd, pipe.writeEnd].allSatisfy { fcntl($0, F_GETFD) & FD_CLOEXEC != 0 })
  }
}
