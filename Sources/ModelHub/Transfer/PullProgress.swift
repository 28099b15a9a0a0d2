// SPDX-License-Identifier: Apache-2.0

/// How far a download is.
public struct PullProgress: Sendable, Equatable {
  /// The file that is being downloaded: its path in the repository.
  public var file: String
  /// Bytes of all files that are there.
  public var byteCount: Int
  /// Bytes of all files.
  public var wholeByteCount: Int
  /// Over the last seconds; nil at the beginning.
  public var bytesPerSecond: Double?
  /// The problem of a broken connection, in words, while the download waits; nil while bytes come.
  public var disconnection: String?

  /// At this rate; nil where it is not known.
  public var secondsLeft: Double? {
    guard let bytesPerSecond, bytesPerSecond > 0 else { return nil }
    return Double(wholeByteCount - byteCount) / bytesPerSecond
  }

  /// Memberwise.
  public init(
    file: String, byteCount: Int, wholeByteCount: Int, bytesPerSecond: Double? = nil, disconnection: String? = nil
  ) {
    self.file = file
    self.byteCount = byteCount
    self.wholeByteCount = wholeByteCount
    self.bytesPerSecond = bytesPerSecond
    self.disconnection = disconnection
  }
}
