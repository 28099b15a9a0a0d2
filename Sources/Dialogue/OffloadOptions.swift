// SPDX-License-Identifier: Apache-2.0

/// Where evicted tokens go, to be retrieved for questions about what is long past.
public struct OffloadOptions: Sendable, Equatable {
  /// The offload file; see `OffloadFile` for what becomes of one that is there already.
  public var path: String
  /// The most that the file may take on disk; reserved at the start.
  public var byteCount: Int

  /// 256 MiB.
  public static let defaultByteCount = 256 << 20

  /// Opens nothing.
  public init(path: String, byteCount: Int = defaultByteCount) {
    self.path = path
    self.byteCount = byteCount
  }
}
