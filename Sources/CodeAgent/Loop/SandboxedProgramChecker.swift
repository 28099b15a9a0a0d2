// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Records
import Sandboxing

/// Runs programs in a sandbox.
public struct SandboxedProgramChecker: ProgramChecking {
  private let judge: Judge
  private let limits: RunLimits

  /// Runs programs in this sandbox, each within the limits.
  public init(_ sandbox: Sandbox, limits: RunLimits = RunLimits()) {
    judge = Judge(sandbox)
    self.limits = limits
  }

  /// How the sandbox contains programs.
  public var containment: String { judge.sandbox.containment.description }

  /// The same for scripts.
  var containmentName: String { judge.sandbox.containment.name }

  /// Whether that is anything but namespaces.
  public var isContainmentWeak: Bool { judge.sandbox.containment != .namespaces }

  /// Checks that programs in a language can be run here.
  ///
  /// - Throws: `ReportedError` with the code `language_unavailable` or `sandbox_unavailable`.
  public func check(language: ProgramLanguage) throws(ReportedError) {
    guard Sandbox.languages.contains(language) else { throw failure(.languageUnavailable(language)) }
    if let obstacle = judge.sandbox.obstacle { throw failure(obstacle) }
  }

  /// Compiles a program in the sandbox, where its language wants that.
  ///
  /// - Returns: nil if the task was cancelled.
  /// - Throws: `ReportedError` if programs cannot be run.
  public func prepare(
    _ program: String, language: ProgramLanguage
  ) async throws(ReportedError) -> (any RunnableProgram)? {
    do throws(SandboxError) {
      let prepared = try await judge.sandbox.prepare(program, language: language)
      return SandboxedProgram(program: prepared, judge: judge, limits: limits)
    } catch {
      guard case .cancelled = error else { throw failure(error) }
      return nil
    }
  }
}

/// A program that is run in a sandbox.
private struct SandboxedProgram: RunnableProgram {
  let program: PreparedProgram
  let judge: Judge
  let limits: RunLimits

  /// Characters of a program's output that a verdict keeps.
  private static let outputCharacters = 4000

  func verdict(on example: CodeExample) async throws(ReportedError) -> ExampleVerdict? {
    do throws(SandboxError) {
      var verdict = try await judge.verdict(of: program, on: example, limits: limits)
      verdict.output = clipped(verdict.output, to: Self.outputCharacters)
      return verdict
    } catch {
      guard case .cancelled = error else { throw failure(error) }
      return nil
    }
  }
}

private func failure(_ error: SandboxError) -> ReportedError {
  switch error {
  case .languageUnavailable, .toolNotShared, .toolFailed: ReportedError(.languageUnavailable, error.message)
  case .tooFewProcesses: ReportedError(.insufficientThreads, error.message)
  case .noContainment, .notCompiled, .tooFewOpenFiles, .system, .cancelled:
    ReportedError(.sandboxUnavailable, error.message)
  }
}
