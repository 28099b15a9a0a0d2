// SPDX-License-Identifier: Apache-2.0

/// What came of a batch.
public struct BatchSummary: Sendable, Equatable {
  /// Requests finished.
  public var finished = 0
  /// Those of them of which a turn failed.
  public var failed = 0
  /// Whether it was stopped before the end of the file.
  public var isInterrupted = false
}
