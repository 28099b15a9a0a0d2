// SPDX-License-Identifier: Apache-2.0

import Platform
import SessionInterface

/// Shows a session on the terminal until the user leaves or the session ends.
///
/// The terminal is owned by a thread of its own until this returns; then, and also when the process ends in any
/// other way but SIGKILL, it is as it was before.
///
/// - Parameters:
///   - events: What the session tells, and the pipe that wakes the screen. When they end, the screen ends.
///   - send: Takes what the user wants of the session. Called on the screen's thread: it must not wait.
///   - options: The terminal to show it on.
/// - Returns: How it ended. `SessionCommand.quit` has then been sent, unless the session ended by itself.
/// - Throws: `ScreenError` when there is no terminal to show anything on; nothing has been changed or taken then.
public func runScreen(
  events: EventMailbox, send: @escaping @Sendable (SessionCommand) -> Void,
  options: TerminalOptions = TerminalOptions()
) async throws(ScreenError) -> ScreenExit {
  let result = await withTaskCancellationHandler {
    await withCheckedContinuation { (continuation: CheckedContinuation<Result<ScreenExit, ScreenError>, Never>) in
      let started = startThread(name: "screen", patience: threadPatience) {
        continuation.resume(
          returning: Result { () throws(ScreenError) in
            try ScreenLoop.run(events: events, send: send, options: options)
          })
      }
      if !started { continuation.resume(returning: .failure(.system("no thread for it"))) }
    }
  } onCancel: {
    events.finish()
  }
  return try result.get()
}
