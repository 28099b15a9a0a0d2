// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Platform
import Records
import SessionInterface

/// Tests of a task that the model never sees.
package struct HiddenTests: Sendable {
  private let tests: [CodeExample]

  package init(_ tests: [CodeExample]) { self.tests = tests }

  /// Runs a program on them, up to the first that it fails.
  ///
  /// - Parameters:
  ///   - program: nil fails them.
  ///   - seconds: for all of them; nil for no limit.
  /// - Returns: whether it passes them all; nil if there are none, or if the time was not enough to know.
  /// - Throws: `ReportedError` if programs cannot be run.
  package func arePassed(
    by program: CodeProgram?, checker: any ProgramChecking, seconds: Double?, stop: StopSource,
    isolation: isolated (any Actor)? = #isolation
  ) async throws(ReportedError) -> Bool? {
    if tests.isEmpty { return nil }
    guard let program else { return false }
    let limited = StopSource(following: [stop], deadline: seconds.map { ContinuousClock.now + .seconds($0) })
    let prepared = try await cancelled(by: limited) { () async throws(ReportedError) in
      try await checker.prepare(program.text, language: program.language)
    }
    guard let runnable = prepared else { return nil }
    for test in tests {
      if limited.isStopped { return nil }
      let result = try await cancelled(by: limited) { () async throws(ReportedError) in
        try await runnable.verdict(on: test)
      }
      guard let verdict = result else { return nil }
      if verdict.kind != .accepted { return false }
    }
    return true
  }
}
