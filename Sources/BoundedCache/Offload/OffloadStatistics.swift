// SPDX-License-Identifier: Apache-2.0

/// Counts of an offload file since it was opened or emptied.
package struct OffloadStatistics: Sendable, Equatable {
  /// Tokens of all heads that were appended.
  package var tokens = 0
  /// Pages written.
  package var pagesWritten = 0
  /// Pages that gave way to others or were never written, because the file was full.
  package var pagesThinned = 0

  /// All counts are 0.
  package init() {}
}
