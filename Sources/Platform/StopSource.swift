// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Asks long work to stop, from any thread. The work looks at `isStopped` between its steps.
public final class StopSource: Sendable {
  private let flag = Atomic<Bool>(false)

  /// Not stopped.
  public init() {}

  /// True from the first call of `stop` on.
  public var isStopped: Bool { flag.load(ordering: .acquiring) }

  /// Asks the work to stop, for good.
  public func stop() { flag.store(true, ordering: .releasing) }
}
