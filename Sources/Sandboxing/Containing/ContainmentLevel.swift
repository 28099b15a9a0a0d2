// SPDX-License-Identifier: Apache-2.0

/// How programs are kept apart from the machine.
public enum ContainmentLevel: Sendable, Equatable {
  /// By bubblewrap: own processes, own view of the file system, no network.
  case namespaces
  /// By Landlock, a filter of system calls and limits, without namespaces; `lacking` says what that leaves open.
  case landlock(lacking: [String])
  /// By limits of time and size alone, because the user allowed it.
  case none
  /// Nothing contains a program here, so that none is run.
  case unavailable(reason: String)

  /// For scripts.
  public var name: String {
    switch self {
    case .namespaces: "namespaces"
    case .landlock: "limits_only"
    case .none: "none"
    case .unavailable: "unavailable"
    }
  }

  /// True when it lacks something that a person should know of.
  public var isWeak: Bool { self != .namespaces }
}

extension ContainmentLevel: CustomStringConvertible {
  public var description: String {
    switch self {
    case .namespaces:
      "sandboxed by bubblewrap: no network, own processes, read-only system, one scratch folder of limited size"
    case .landlock(let lacking):
      "sandboxed without namespaces, which leaves open: " + lacking.joined(separator: "; ")
    case .none:
      "not sandboxed: programs may do whatever you may do"
    case .unavailable(let reason):
      "programs are not run: " + reason
    }
  }
}
