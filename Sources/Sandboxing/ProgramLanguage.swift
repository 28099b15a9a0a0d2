// SPDX-License-Identifier: Apache-2.0

/// A language in which programs are written here, by its command-line name.
public enum ProgramLanguage: String, Sendable, CaseIterable {
  case python
  case c
  case swift

  /// As people write it.
  public var title: String {
    switch self {
    case .python: "Python"
    case .c: "C"
    case .swift: "Swift"
    }
  }

  /// Programs that compile or interpret it, the preferred one first.
  var tools: [String] {
    switch self {
    case .python: ["python3"]
    case .c: ["cc", "gcc", "clang"]
    case .swift: ["swiftc"]
    }
  }

  /// How to get one of them on Debian and its kin.
  var advice: String {
    switch self {
    case .python: "sudo apt install python3"
    case .c: "sudo apt install gcc libc6-dev"
    case .swift: "see swift.org/install"
    }
  }
}
