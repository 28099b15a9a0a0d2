// SPDX-License-Identifier: Apache-2.0

import BoundedCache

/// Compressions and warnings of a dialogue, kept until somebody takes them.
struct DialogueNotices {
  private(set) var compressions: [CompressionReport] = []
  private(set) var warnings: [String] = []
  private var hasWarnedOfOffload = false

  /// Older compressions are dropped, so that memory does not grow where nobody takes them.
  private static let mostCompressions = 64

  mutating func add(_ report: CompressionReport) {
    if compressions.count == Self.mostCompressions { compressions.removeFirst() }
    compressions.append(report)
  }

  mutating func add(warning: String) { warnings.append(warning) }

  /// Warns of a failure of the offload file, once.
  mutating func add(_ failure: OffloadError) {
    guard !hasWarnedOfOffload else { return }
    hasWarnedOfOffload = true
    warnings.append("\(failure.description); nothing is retrieved from now on")
  }

  mutating func takeCompressions() -> [CompressionReport] {
    defer { compressions = [] }
    return compressions
  }

  mutating func takeWarnings() -> [String] {
    defer { warnings = [] }
    return warnings
  }
}
