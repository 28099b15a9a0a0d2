// SPDX-License-Identifier: Apache-2.0

/// A task that cannot be read: where, and what is wrong.
public struct TaskFileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file.
  public var path: String
  /// From 1; nil where the file as a whole is meant.
  public var line: Int?
  /// Reason of the error, in words.
  public var reason: String

  /// Makes an error about a file.
  public init(path: String, line: Int? = nil, reason: String) {
    self.path = path
    self.line = line
    self.reason = reason
  }

  public var description: String { path + (line.map { ", line \($0)" } ?? "") + ": " + reason }
}
