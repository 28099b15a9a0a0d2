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

  /// Compiles a program, where its language wants that.
  ///
  /// - Returns: nil if the task was cancelled.
  /// - Throws: `ReportedError` if programs cannot be run. One that does not compile has that verdict on each example.
  func prepare(_ program: String, language: ProgramLanguage) async throws(ReportedError) -> (any RunnableProgram)?
}

/// A program that is ready to be run on examples.
public protocol RunnableProgram: Sendable {
  /// Runs the program on one example.
  ///
  /// - Returns: nil if the task was cancelled.
  /// - Throws: `ReportedError` if the program cannot be run.
  func verdict(on example: CodeExample) async throws(ReportedError) -> ExampleVerdict?
}
