// SPDX-License-Identifier: Apache-2.0

/// How long a server is waited for, how often a broken connection is tried again, and how much of an answer is read.
public struct HubLimits: Sendable {
  /// Seconds until the headers of an answer are there.
  public var answerSeconds = 30.0
  /// Seconds without a byte after which a connection counts as broken.
  public var silenceSeconds = 30.0
  /// A connection that brings fewer bytes in `slowSeconds` counts as broken too, and one that breaks after fewer has
  /// gained nothing.
  public var slowByteCount = 60 << 10
  /// The seconds in which `slowByteCount` bytes have to come.
  public var slowSeconds = 60.0
  /// Seconds for one page of a list of files.
  public var listingSeconds = 60.0
  /// Times in a row that a connection may break without a byte gained.
  public var retries = 5
  /// Seconds before the first new try; each further one waits twice as long.
  public var firstPause = 1.0
  /// The longest pause that a server may ask for, in seconds.
  public var longestPause = 60.0
  /// Redirects of one request.
  public var redirects = 5
  /// Bytes of one page of a list.
  public var listingByteCount = 16 << 20
  /// Pages of a list.
  public var listingPages = 64
  /// Files of a list.
  public var listedFiles = 50_000
  /// The limits above.
  public init() {}
}
