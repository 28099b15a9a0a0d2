// SPDX-License-Identifier: Apache-2.0

/// Why a file cannot be read.
public struct InputError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The obstacle to reading a file.
  public enum Reason: Equatable, Sendable {
    /// The path names nothing.
    case missing
    /// The path names a folder.
    case folder
    /// The path names a pipe or device where only an ordinary file can be meant.
    case notOrdinary
    /// The path names a pipe that no program has opened for writing in the time for which one is waited for.
    case noWriter
    /// The file has more bytes than are read.
    case tooLarge(limit: Int)
    /// The bytes are not UTF-8 where text is read.
    case notText
    /// An error of the operating system, by its `errno`.
    case system(Int32)
  }

  /// The file as it was named.
  public var path: String
  /// The obstacle to reading the file.
  public var reason: Reason

  /// An error about a file.
  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  /// The obstacle in words, without the path.
  public var explanation: String {
    switch reason {
    case .missing: "there is no such file"
    case .folder: "it is a folder"
    case .notOrdinary: "it is not an ordinary file"
    case .noWriter: "no program writes this pipe; start its writer first"
    case .tooLarge(let limit): "it is larger than \(limit >> 20) MiB"
    case .notText: "it is not text in UTF-8"
    case .system(let code): errorText(code)
    }
  }

  public var description: String { "\(path) cannot be read: \(explanation)" }
}
