// SPDX-License-Identifier: Apache-2.0

/// Why a file cannot be read.
public struct InputError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is in the way.
  public enum Reason: Equatable, Sendable {
    /// The path names nothing.
    case missing
    /// The path names a folder.
    case folder
    /// The file has more bytes than are read.
    case tooLarge(limit: Int)
    /// The bytes are not UTF-8 where text is read.
    case notText
    /// What the system refused, by its `errno`.
    case system(Int32)
  }

  /// The file as it was named.
  public var path: String
  /// What is in the way.
  public var reason: Reason

  /// An error about a file.
  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  /// What is in the way, without the path.
  public var explanation: String {
    switch reason {
    case .missing: "there is no such file"
    case .folder: "it is a folder"
    case .tooLarge(let limit): "it is larger than \(limit >> 20) MiB"
    case .notText: "it is not text in UTF-8"
    case .system(let code): errorText(code)
    }
  }

  public var description: String { "\(path) cannot be read: \(explanation)" }
}
