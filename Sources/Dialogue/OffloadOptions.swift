// SPDX-License-Identifier: Apache-2.0

/// Where what passes give up goes, to come back for questions about what is long past.
public struct OffloadOptions: Sendable, Equatable {
  public var path: String
  /// The most that the file may take on disk; reserved at the start.
  public var byteCount: Int

  public static let defaultByteCount = 256 << 20

  public init(path: String, byteCount: Int = defaultByteCount) {
    self.path = path
    self.byteCount = byteCount
  }
}
