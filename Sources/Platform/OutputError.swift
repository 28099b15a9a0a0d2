// SPDX-License-Identifier: Apache-2.0

/// Why a file cannot be written.
public struct OutputError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The obstacle to writing a file.
  public enum Reason: Equatable, Sendable {
    /// The path names a folder.
    case folder
    /// The path names a disk or a socket.
    case notAFile
    /// The file's mode allows nobody, or not this user, to write it.
    case writeProtected
    /// The file is one that this run reads.
    case input
    /// Another program, or another output of this one, writes the file.
    case inUse
    /// The file is not empty and not of the kind that is written.
    case otherContents(kind: String)
    /// The path names a pipe without a reader.
    case noReader
    /// An error of the operating system, by its `errno`.
    case system(Int32)
  }

  /// The file as it was named.
  public var path: String
  /// The obstacle to writing the file.
  public var reason: Reason

  /// Memberwise; `path` as the user gave it.
  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  /// The obstacle and its remedy in words, without the path.
  public var explanation: String {
    switch reason {
    case .folder: "it is a folder; name a file"
    case .notAFile: "it is neither a file nor a pipe; name a file"
    case .writeProtected: "it is write-protected; name another file, or change its mode"
    case .input: "this run reads it; name another file"
    case .inUse: "it is being written already; wait for the other run, or name another file"
    case .otherContents(let kind): "it is not \(kind) and would be lost; name another file, or remove it first"
    case .noReader: "no program reads this pipe; start its reader first"
    case .system(let code): errorText(code)
    }
  }

  public var description: String { "\(path) cannot be written: \(explanation)" }
}
