// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Records

/// Runs programs on examples.
public protocol ProgramChecking: Sendable {
  /// How programs are contained, for people.
  var containment: String { get }
  /// Whether the containment leaves something open.
  var isContainmentWeak: Bool { get }

  /// Checks that programs in a language can be run here.
  ///
  /// - Throws: `ReportedError` with the code `language_unavailable` or `sandbox_unavailable`.
  func check(language: ProgramLanguage) throws(ReportedError)

  /// Runs a program on each example.
  ///
  /// - Parameter onVerdict: given the number of each example, from 0, and its verdict.
  /// - Returns: a verdict for each example; those so far if the task was cancelled.
  /// - Throws: `ReportedError` if the program cannot be run.
  func run(
    _ program: String, language: ProgramLanguage, examples: [CodeExample],
    onVerdict: @Sendable (Int, ExampleVerdict) async -> Void
  ) async throws(ReportedError) -> [ExampleVerdict]
}
