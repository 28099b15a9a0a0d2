// SPDX-License-Identifier: Apache-2.0

/// A way to contain programs, the strongest first.
package enum ContainmentWay: String, Sendable, CaseIterable {
  /// Bubblewrap started by root, which needs no user namespace; the program is a user that nobody else is.
  case namespacesAsOtherUser
  /// Bubblewrap within a user namespace, which is how anybody may use it.
  case namespacesOfUser
  /// Landlock, a filter of system calls and limits.
  case landlock
  /// Limits alone.
  case unsafe
}
