// SPDX-License-Identifier: Apache-2.0

import Platform

/// The usage of a program's processes together at a moment.
struct TreeUsage: Equatable {
  /// Processes and threads.
  var tasks = 0
  /// The sum over all processes: what several share counts several times.
  var residentBytes = 0
  /// Of the process that has the most.
  var largestResidentBytes = 0
  /// Of those that live and of those that their parents have waited for.
  var cpuSeconds: Double = 0
  /// The processes that were looked at, with the threads of each; 0: it is ending.
  var threads: [pid_t: Int] = [:]

  /// The processes that were looked at.
  var processes: [pid_t] { Array(threads.keys) }
}
