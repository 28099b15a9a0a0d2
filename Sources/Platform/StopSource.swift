// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Asks long work to stop, from any thread. The work looks at `isStopped` between its steps.
public final class StopSource: Sendable {
  private let flag = Atomic<Bool>(false)
  private let others: [StopSource]
  private let deadline: ContinuousClock.Instant?

  /// Not stopped yet.
  ///
  /// - Parameters:
  ///   - others: stop this work too, as those of a whole run stop each of its parts.
  ///   - deadline: stops the work by itself; nil for no limit.
  public init(following others: [StopSource] = [], deadline: ContinuousClock.Instant? = nil) {
    self.others = others
    self.deadline = deadline
  }

  /// True from the first call of `stop` on, of this source or of one that it follows, and from the deadline on.
  public var isStopped: Bool {
    flag.load(ordering: .acquiring) || others.contains(where: \.isStopped)
      || deadline.map { ContinuousClock.now > $0 } ?? false
  }

  /// Asks the work to stop, for good.
  public func stop() { flag.store(true, ordering: .releasing) }
}
