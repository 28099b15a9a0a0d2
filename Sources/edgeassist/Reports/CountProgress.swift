// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The progress bar of work that is counted.
final class CountProgress: Sendable {
  private let bar = Mutex(ProgressBar())
  private let unit: String

  /// - Parameter unit: the name of what is counted.
  init(unit: String) { self.unit = unit }

  func show(_ done: Int, of all: Int) { bar.withLock { $0.show(done, of: all, unit) } }

  func finish() { bar.withLock { $0.finish() } }
}
