// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Records
import Sandboxing
import Synchronization

/// Runs programs in a sandbox.
public struct SandboxedProgramChecker: ProgramChecking {
  private let judge: Judge
  private let limits: RunLimits

  /// Characters of a program's output that a verdict keeps.
  private static let outputCharacters = 4000

  /// Runs programs in this sandbox, each within the limits.
  public init(_ sandbox: Sandbox, limits: RunLimits = RunLimits()) {
    judge = Judge(sandbox)
    self.limits = limits
  }

  /// How the sandbox contains programs.
  public var containment: String { judge.sandbox.containment.description }

  /// Whether that is anything but namespaces.
  public var isContainmentWeak: Bool { judge.sandbox.containment != .namespaces }

  /// Checks that programs in a language can be run here.
  ///
  /// - Throws: `ReportedError` with the code `language_unavailable` or `sandbox_unavailable`.
  public func check(language: ProgramLanguage) throws(ReportedError) {
    guard Sandbox.languages.contains(language) else { throw failure(.languageUnavailable(language)) }
    if case .unavailable(let reason) = judge.sandbox.containment { throw failure(.noContainment(reason: reason)) }
  }

  /// Runs a program on each example. If the task is cancelled, the verdicts so far are returned.
  ///
  /// - Throws: `ReportedError` if the program cannot be run.
  public func run(
    _ program: String, language: ProgramLanguage, examples: [CodeExample],
    onVerdict: @Sendable (Int, ExampleVerdict) async -> Void
  ) async throws(ReportedError) -> [ExampleVerdict] {
    try await run(
      program, language: language, examples: examples, stopsAtFirstFailure: false, onVerdict: onVerdict)
  }

  /// The same, and with `stopsAtFirstFailure` without the examples after a failed one.
  func run(
    _ program: String, language: ProgramLanguage, examples: [CodeExample], stopsAtFirstFailure: Bool,
    onVerdict: @Sendable (Int, ExampleVerdict) async -> Void = { _, _ in }
  ) async throws(ReportedError) -> [ExampleVerdict] {
    let verdicts = Mutex<[ExampleVerdict]>([])
    do throws(SandboxError) {
      _ = try await judge.check(
        program, language: language, examples: examples, limits: limits, stopsAtFirstFailure: stopsAtFirstFailure
      ) { index, verdict in
        let verdict = cut(verdict)
        verdicts.withLock { $0.append(verdict) }
        await onVerdict(index, verdict)
      }
    } catch {
      guard case .cancelled = error else { throw failure(error) }
    }
    return verdicts.withLock { $0 }
  }

  private func cut(_ verdict: ExampleVerdict) -> ExampleVerdict {
    var verdict = verdict
    verdict.output = clipped(verdict.output, to: Self.outputCharacters)
    return verdict
  }

  private func failure(_ error: SandboxError) -> ReportedError {
    switch error {
    case .languageUnavailable, .toolNotShared, .toolFailed: ReportedError(.languageUnavailable, error.message)
    case .noContainment, .notCompiled, .system, .cancelled: ReportedError(.sandboxUnavailable, error.message)
    }
  }
}
