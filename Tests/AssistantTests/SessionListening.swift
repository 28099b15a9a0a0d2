// SPDX-License-Identifier: Apache-2.0

import Assistant
import Platform
import SessionInterface

extension Session {
  /// Runs the session: each event is shown to `react`, which may send commands; ends when the events end.
  func run(telling events: EventMailbox, react: (SessionEvent) -> Void) async {
    let running = Task { await self.run() }
    var isFinished = false
    while !isFinished {
      await events.pipe.untilReadable()
      _ = events.pipe.takeBytes()
      let taken = events.take()
      isFinished = taken.isFinished
      for event in taken.events { react(event) }
    }
    await running.value
  }
}

extension WakePipe {
  /// Waits on a thread of its own, as a screen does.
  fileprivate func untilReadable() async {
    await withCheckedContinuation { continuation in
      let started = startThread(name: "listener") {
        var descriptor = pollfd(fd: self.readEnd, events: Int16(POLLIN), revents: 0)
        _ = poll(&descriptor, 1, -1)
        continuation.resume()
      }
      if !started { continuation.resume() }
    }
  }
}
