// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The progress bar of a head budget profile.
final class ProfileProgress: Sendable {
  private let bar = Mutex(ProgressBar())

  func show(_ done: Int, of all: Int) { bar.withLock { $0.show(done, of: all, "questions") } }

  func finish() { bar.withLock { $0.finish() } }
}
