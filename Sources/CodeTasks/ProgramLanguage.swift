// SPDX-License-Identifier: Apache-2.0

/// A language in which programs are written and run here. The raw value is its command-line name.
public enum ProgramLanguage: String, Sendable, CaseIterable {
  case python
  case c
  case swift

  /// The language that a name stands for, in lower case: the command-line name or another that people and models use.
  public init?(name: some StringProtocol) {
    guard let language = Self.allCases.first(where: { $0.names.contains(String(name)) }) else { return nil }
    self = language
  }

  /// As people write it.
  public var title: String {
    switch self {
    case .python: "Python"
    case .c: "C"
    case .swift: "Swift"
    }
  }

  /// Names by which people and models call it, in lower case.
  public var names: Set<String> {
    switch self {
    case .python: ["python", "python3", "py"]
    case .c: ["c"]
    case .swift: ["swift"]
    }
  }

  /// Every command-line name, for messages: `python, c, swift`.
  public static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
