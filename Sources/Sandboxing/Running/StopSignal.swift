// SPDX-License-Identifier: Apache-2.0

import Platform

/// Wakes the thread that watches a program, to end it before its time.
final class StopSignal: Sendable {
  private let pipe: Pipe

  /// Becomes readable when the signal is given.
  var descriptor: Descriptor { pipe.reading }

  init() throws(SandboxError) {
    pipe = try Pipe()
  }

  func fire() {
    _ = write(pipe.writing.number, [1], 1)
  }
}
