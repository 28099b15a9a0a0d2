// SPDX-License-Identifier: Apache-2.0

import Sandboxing

/// Sandboxes by way of containment, each probed once.
enum Sandboxes {
  static let namespaces = Sandbox.probe(ways: [.namespacesAsOtherUser, .namespacesOfUser])
  static let namespacesOfUser = Sandbox.probe(ways: [.namespacesOfUser])
  static let landlock = Sandbox.probe(ways: [.landlock])
  static let unsafe = Sandbox.probe(isUnsafeAllowed: true)

  /// Whether calls of programs are held here.
  static let holdCalls = landlock.limitKeeping?.missing.contains { $0.contains("moved") } == false
  static var landlockCountsProcesses: Bool { landlock.limitKeeping?.hard.contains("processes") == true }

  static var haveNamespaces: Bool { namespaces.containment == .namespaces }
  static var haveNamespacesOfUser: Bool { namespacesOfUser.containment == .namespaces }
  static var haveLandlock: Bool { if case .landlock = landlock.containment { true } else { false } }
}
