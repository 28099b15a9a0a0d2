// SPDX-License-Identifier: Apache-2.0

import CSandbox
import Platform

/// Sees to a program when this process cannot: ends it at its limit of elapsed time, suspends it while this process is
/// suspended, and ends it and removes its folder when this process is gone, however that came about. See
/// `csb_watchdog`.
///
/// There before anything that could be left behind.
final class Watchdog: Sendable {
  // Used by one thread at a time: the one that prepares the program's start, then the one that watches the program.
  nonisolated(unsafe) let handle: OpaquePointer

  /// - Parameters:
  ///   - status: where bubblewrap says how the program does; nil for a program that is first of its process group.
  ///   - wallSeconds: the limit of elapsed time.
  init(status: Descriptor?, wallSeconds: Double) throws(SandboxError) {
    var handle: OpaquePointer?
    var error: Int32 = 0
    _ = retry(for: threadPatience) {
      error = csb_watchdog_start(status?.number ?? -1, wallSeconds, &handle)
      return error != EAGAIN
    }
    guard error == 0, let handle else { throw .refused("clone", error) }
    self.handle = handle
  }

  /// Removes this folder in the end. To be said before it is made.
  func keep(folder: String) throws(SandboxError) {
    let error = csb_watchdog_keep_folder(handle, folder)
    if error != 0 { throw .refused("mkdir", error) }
  }

  /// Removes this control group in the end, with all processes in it. To be said before it is made.
  func keep(group: String) throws(SandboxError) {
    let error = csb_watchdog_keep_group(handle, group)
    if error != 0 { throw .refused("mkdir", error) }
  }

  /// Since the program was started, without suspensions.
  var elapsedSeconds: Double { csb_watchdog_elapsed(handle) }
  /// Whether the program was ended because its time was up.
  var hasEndedProgram: Bool { csb_watchdog_has_ended_program(handle) }
  /// False once somebody has killed it.
  var isAlive: Bool { csb_watchdog_is_alive(handle) }

  /// The program's process is about to be waited for, and its number will be another's.
  func release() { csb_watchdog_release(handle) }

  /// Returns when the folder is gone.
  func end() { csb_watchdog_end(handle) }

  deinit { csb_watchdog_free(handle) }
}
