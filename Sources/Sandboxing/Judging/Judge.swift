// SPDX-License-Identifier: Apache-2.0

/// Runs a program on a task's examples and says how it did on each.
public struct Judge: Sendable {
  /// How a program did on one example.
  public struct Outcome: Sendable, Equatable {
    public var verdict: Verdict
    /// What it wrote; empty for a program that was never begun.
    public var output: String
    /// Processor time.
    public var seconds: Double
  }

  public let sandbox: Sandbox

  public init(_ sandbox: Sandbox) {
    self.sandbox = sandbox
  }

  /// Compiles the program once and runs it on each example in turn. A program that does not compile has that verdict
  /// on every example. With `stopsAtFirstFailure`, later examples are not run and have no outcome.
  public func check(
    _ program: String, language: ProgramLanguage, examples: [(input: String, output: String)],
    limits: RunLimits = RunLimits(), stopsAtFirstFailure: Bool = false,
    onOutcome: @Sendable (Int, Outcome) async -> Void = { _, _ in }
  ) async throws(SandboxError) -> [Outcome] {
    let prepared = try await sandbox.prepare(program, language: language)
    var outcomes: [Outcome] = []
    for (index, example) in examples.enumerated() {
      let outcome = try await outcome(of: prepared, input: example.input, output: example.output, limits: limits)
      outcomes.append(outcome)
      await onOutcome(index, outcome)
      if stopsAtFirstFailure, outcome.verdict != .accepted { break }
    }
    return outcomes
  }

  /// Runs a prepared program on one example.
  public func outcome(
    of program: PreparedProgram, input: String, output: String, limits: RunLimits = RunLimits()
  ) async throws(SandboxError) -> Outcome {
    if let message = program.compileError {
      return Outcome(verdict: .compileError(message: message), output: "", seconds: 0)
    }
    let result = try await sandbox.run(program, input: input, limits: limits)
    return Outcome(
      verdict: Verdict(result, language: program.language, expected: output), output: result.output,
      seconds: result.cpuSeconds)
  }
}
