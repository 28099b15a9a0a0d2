// SPDX-License-Identifier: Apache-2.0

/// A download that has not come to its end.
public struct IncompleteFile: Sendable, Equatable {
  /// `OWNER/NAME` on the hub.
  public let repository: String
  /// The file's path in the repository.
  public let file: String
  /// Bytes that are there.
  public let byteCount: Int
  /// Bytes of the whole file; nil where the cache does not know.
  public let wholeByteCount: Int?
}
