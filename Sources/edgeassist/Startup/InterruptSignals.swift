// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Platform

/// Handles SIGINT and SIGTERM: the first signal asks for a clean end, the second ends the program at once.
final class InterruptSignals {
  /// Stopped once a signal has come. What waits for another program looks at it: the reader of a pipe may never come.
  static let arrival = StopSource()

  private let sources: [any DispatchSourceSignal]

  /// - Parameter handler: called on a queue of its own at the first signal.
  init(_ handler: @escaping @Sendable () -> Void) {
    let queue = DispatchQueue(label: "edgeassist.signals")
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        Self.arrival.stop()
        handler()
        signal(number, SIG_DFL)
      }
      source.resume()
      return source
    }
  }

  /// Stops handling the signals. Each ends the program again.
  func stop() {
    for source in sources { source.cancel() }
    for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
  }
}
