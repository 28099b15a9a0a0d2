// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A new folder in the system's temporary folder, removed with the last reference to it.
///
/// A suite keeps it in a property. A function that needs only its path for a while keeps it with
/// `withExtendedLifetime`, because the compiler may let a variable go after its last use.
public final class TemporaryFolder: Sendable {
  public let url: URL

  /// - Throws: the error of the file system.
  public init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "edgeassist-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// The path of a file in the folder, whether or not it exists.
  public func path(_ name: String) -> String { url.appending(path: name).path }

  /// Writes a file.
  ///
  /// - Returns: its path.
  /// - Throws: the error of the file system.
  @discardableResult
  public func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
    try Data(bytes).write(to: url.appending(path: name))
    return path(name)
  }

  /// Writes a text file in UTF-8.
  ///
  /// - Returns: its path.
  /// - Throws: the error of the file system.
  @discardableResult
  public func write(_ text: String, to name: String) throws -> String { try write(text.utf8, to: name) }

  /// The names of all files in the folder, sorted.
  ///
  /// - Throws: the error of the file system.
  public func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
}
