// SPDX-License-Identifier: Apache-2.0

/// Summary of a batch: counts of its requests, and whether it was stopped.
public struct BatchSummary: Sendable, Equatable {
  /// Requests finished.
  public var finished = 0
  /// Finished requests with a failed turn.
  public var failed = 0
  /// Whether it was stopped before the end of the file.
  public var isInterrupted = false
}
