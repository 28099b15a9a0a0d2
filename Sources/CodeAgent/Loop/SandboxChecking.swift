// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Records
import Sandboxing
import SessionInterface

/// Runs programs in a sandbox.
public struct SandboxChecking: ProgramChecking {
  private let judge: Judge
  private let limits: RunLimits

  public init(_ sandbox: Sandbox, limits: RunLimits = RunLimits()) {
    judge = Judge(sandbox)
    self.limits = limits
  }

  public var containment: String { judge.sandbox.containment.description }

  public var isContainmentWeak: Bool { judge.sandbox.containment != .namespaces }

  public func check(language: String) throws(ReportedError) {
    let language = try known(language)
    guard Sandbox.languages.contains(language) else { throw failure(.languageUnavailable(language)) }
    if case .unavailable(let reason) = judge.sandbox.containment { throw failure(.noContainment(reason: reason)) }
  }

  public func run(
    _ program: String, language: String, examples: [CodeExample],
    onVerdict: @Sendable (Int, ExampleVerdict) async -> Void
  ) async throws(ReportedError) -> [ExampleVerdict] {
    do {
      let outcomes = try await judge.check(
        program, language: known(language), examples: examples.map { ($0.input, $0.output) }, limits: limits,
        onOutcome: { await onVerdict($0, ExampleVerdict($1)) })
      return outcomes.map(ExampleVerdict.init)
    } catch SandboxError.cancelled {
      return []
    } catch let error as SandboxError {
      throw failure(error)
    } catch {
      throw error as? ReportedError ?? ReportedError(.sandboxUnavailable, "\(error)")
    }
  }

  private func known(_ language: String) throws(ReportedError) -> ProgramLanguage {
    if let known = ProgramLanguage(rawValue: language) { return known }
    let names = ProgramLanguage.allCases.map(\.rawValue).joined(separator: ", ")
    throw ReportedError(
      .languageUnavailable, "programs in “\(language)” are not known here; there are \(names)")
  }

  private func failure(_ error: SandboxError) -> ReportedError {
    switch error {
    case .languageUnavailable, .toolNotShared, .toolFailed: ReportedError(.languageUnavailable, error.message)
    case .noContainment, .notCompiled, .system, .cancelled: ReportedError(.sandboxUnavailable, error.message)
    }
  }
}

extension ExampleVerdict {
  init(_ outcome: Judge.Outcome) {
    let kind: Kind
    switch outcome.verdict {
    case .accepted: kind = .accepted
    case .wrongAnswer: kind = .wrongAnswer
    case .timeLimit: kind = .timeLimit
    case .memoryLimit: kind = .memoryLimit
    case .outputLimit: kind = .outputLimit
    case .processLimit: kind = .processLimit
    case .runtimeError: kind = .runtimeError
    case .compileError: kind = .compileError
    }
    self.init(
      kind: kind, output: clipped(outcome.output, to: 4000), detail: outcome.verdict.detail, seconds: outcome.seconds)
  }
}
