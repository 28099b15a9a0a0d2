// SPDX-License-Identifier: Apache-2.0

import Watching

/// A way to decide when something is told.
public enum WatchMethod: String, Sendable, CaseIterable, Codable {
  /// As `edgeassist watch` decides, at each sensitivity.
  case low, normal, high
  /// Baseline: the newest frames, told where yes becomes more likely than no.
  case evenOdds = "even-odds"
  /// Baseline: everything remembered, told where yes becomes more likely than no.
  case remembered
  /// Baseline: the newest frames are put into words, told where the thing's word appears.
  case words

  /// nil for a baseline.
  package var sensitivity: Watch.Sensitivity? { Watch.Sensitivity(rawValue: rawValue) }
}
