// SPDX-License-Identifier: Apache-2.0

import CodeTasks

/// Runs a program on a task's examples and says how it did on each.
public struct Judge: Sendable {
  /// Where programs run.
  public let sandbox: Sandbox

  /// Judges programs that run in a sandbox.
  public init(_ sandbox: Sandbox) {
    self.sandbox = sandbox
  }

  /// Compiles the program once and runs it on one example after the other. A program that does not compile has that
  /// verdict on every example.
  ///
  /// - Parameters:
  ///   - stopsAtFirstFailure: leaves the examples after a failed one without a verdict.
  ///   - onVerdict: given the number of each example, from 0, and its verdict.
  /// - Throws: `SandboxError` if the program cannot be started or the task is cancelled.
  public func check(
    _ program: String, language: ProgramLanguage, examples: [CodeExample],
    limits: RunLimits = RunLimits(), stopsAtFirstFailure: Bool = false,
    onVerdict: @Sendable (Int, ExampleVerdict) async -> Void = { _, _ in }
  ) async throws(SandboxError) -> [ExampleVerdict] {
    let prepared = try await sandbox.prepare(program, language: language)
    var verdicts: [ExampleVerdict] = []
    for (index, example) in examples.enumerated() {
      let verdict = try await verdict(of: prepared, on: example, limits: limits)
      verdicts.append(verdict)
      await onVerdict(index, verdict)
      if stopsAtFirstFailure, verdict.kind != .accepted { break }
    }
    return verdicts
  }

  /// Runs a prepared program on one example.
  ///
  /// - Throws: `SandboxError` if the program cannot be started or the task is cancelled.
  public func verdict(
    of program: PreparedProgram, on example: CodeExample, limits: RunLimits = RunLimits()
  ) async throws(SandboxError) -> ExampleVerdict {
    if let message = program.compileError { return ExampleVerdict(kind: .compileError, detail: message) }
    let result = try await sandbox.run(program, input: example.input, limits: limits)
    return ExampleVerdict(result, expected: example.output)
  }
}
