// SPDX-License-Identifier: Apache-2.0

import CSandbox
import Platform

/// Sees to a running program when this process cannot: suspends it while this process is suspended, and ends it and
/// removes its folder when this process is gone, however that came about. See `csb_watchdog`.
///
/// Used by the thread that watches the program.
final class Watchdog {
  /// nil on a processor for which there is none.
  private let keeper: OpaquePointer?

  /// - Parameters:
  ///   - tree: what to keep.
  ///   - folder: what to remove in the end.
  init(of tree: ProcessTree, folder: String?) throws(SandboxError) {
    let (process, isGroup) =
      switch tree {
      case .belowBubblewrap(let monitor): (monitor, false)
      case .group(let leader): (leader, true)
      }
    var keeper: OpaquePointer?
    let error = csb_watchdog_start(process, isGroup, folder, &keeper)
    guard error == 0 else { throw .system(call: "clone", detail: errorText(error)) }
    self.keeper = keeper
  }

  /// Says that this process is at work.
  func beat() { csb_watchdog_beat(keeper) }

  deinit { csb_watchdog_end(keeper) }
}
