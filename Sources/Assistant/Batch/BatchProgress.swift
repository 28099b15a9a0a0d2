// SPDX-License-Identifier: Apache-2.0

/// Where a batch is.
public struct BatchProgress: Sendable, Equatable {
  /// Requests finished.
  public var finished = 0
  /// Those of them of which a turn failed.
  public var failed = 0
  /// The request under way.
  public var id = ""
  /// Stream time up to which frames were taken in, in seconds.
  public var time = 0.0
  /// Length of the stream in seconds; nil if it is not known.
  public var duration: Double?
}
