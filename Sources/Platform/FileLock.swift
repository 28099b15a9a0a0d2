// SPDX-License-Identifier: Apache-2.0

/// Locks an open file for this process, without waiting for another program that has locked it.
///
/// Waits up to half a second all the same: a child process shares the locks of this program until it executes.
///
/// - Parameter isShared: others may hold a shared lock too.
/// - Returns: 0, or the `errno`: `EWOULDBLOCK` when another program has locked the file. Other values come from file
///   systems that have no locks.
package func lock(_ descriptor: Int32, isShared: Bool = false) -> Int32 {
  let kind = isShared ? LOCK_SH : LOCK_EX
  for _ in 0..<50 {
    if flock(descriptor, kind | LOCK_NB) == 0 { return 0 }
    guard errno == EWOULDBLOCK else { return errno }
    usleep(10_000)
  }
  return flock(descriptor, kind | LOCK_NB) == 0 ? 0 : errno
}
