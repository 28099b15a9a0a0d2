// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Asks long work to stop, from any thread. The work looks at `isStopped` between its steps.
public final class StopSource: Sendable {
  private let flag = Atomic<Bool>(false)
  private let others: [StopSource]
  private let deadline: ContinuousClock.Instant?
  private let condition: (@Sendable () -> Bool)?

  /// Not stopped yet.
  ///
  /// - Parameters:
  ///   - others: stop this work too, as those of a whole run stop each of its parts.
  ///   - deadline: stops the work by itself; nil for no limit.
  ///   - condition: stops the work once it has been found true; it is asked whenever the stop is looked for.
  public init(
    following others: [StopSource] = [], deadline: ContinuousClock.Instant? = nil,
    when condition: (@Sendable () -> Bool)? = nil
  ) {
    self.others = others
    self.deadline = deadline
    self.condition = condition
  }

  /// True from the first call of `stop` on, of this source or of one that it follows, from the deadline on, and once
  /// the condition has been found true.
  public var isStopped: Bool {
    if flag.load(ordering: .acquiring) || others.contains(where: \.isStopped) { return true }
    if deadline.map({ ContinuousClock.now > $0 }) ?? false { return true }
    guard let condition, condition() else { return false }
    stop()
    return true
  }

  /// Asks the work to stop, for good.
  public func stop() { flag.store(true, ordering: .releasing) }
}
