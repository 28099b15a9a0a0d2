// SPDX-License-Identifier: Apache-2.0

import CodeTasks

/// Runs a program on a task's examples, one at a time, and says how it did:
///
///     let program = try await judge.sandbox.prepare(text, language: .python)
///     for example in examples { show(try await judge.verdict(of: program, on: example)) }
public struct Judge: Sendable {
  /// Where programs run.
  public let sandbox: Sandbox

  /// Judges programs that run in a sandbox.
  public init(_ sandbox: Sandbox) {
    self.sandbox = sandbox
  }

  /// Runs a prepared program on one example. A program that did not compile has that verdict on every example.
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

extension ExampleVerdict {
  /// Judges a run against the output that was expected. The kind says what was seen from outside; what the program says
  /// of itself is in the detail.
  init(_ result: RunResult, expected: String) {
    let (kind, detail) = Self.judgement(of: result, expected: expected)
    self.init(kind: kind, output: result.output, detail: detail, seconds: result.cpuSeconds)
  }

  private static func judgement(of result: RunResult, expected: String) -> (Kind, detail: String) {
    switch result.end {
    case .stopped(.cpuTime), .stopped(.wallTime): return (.timeLimit, "")
    case .stopped(.memory): return (.memoryLimit, "")
    case .stopped(.output): return (.outputLimit, "")
    case .stopped(.processes): return (.processLimit, "")
    case .stopped(.scratch): return runtimeError(result, reason: "the scratch folder is full")
    case .exited(0):
      let difference = OutputDifference(expected: Array(expected.utf8), got: result.outputBytes)
      return difference.map { (.wrongAnswer, $0.description) } ?? (.accepted, "")
    case .exited(let status): return runtimeError(result, reason: Self.reason(status: status))
    case .signalled(let number): return runtimeError(result, reason: signalName(number))
    }
  }

  /// A status above 128 is what a shell makes of a signal, and what a program may end with by itself.
  private static func reason(status: Int32) -> String {
    let signal = status - 128
    return (1...64).contains(signal) ? "exit status \(status), as after \(signalName(signal))" : "exit status \(status)"
  }

  /// - Parameter reason: one line, such as the exit status or the signal by its name. The last lines of standard error
  ///   stand before it.
  private static func runtimeError(_ result: RunResult, reason: String) -> (Kind, detail: String) {
    let lastLines = result.lastLines()
    return (.runtimeError, lastLines.isEmpty ? reason : lastLines + "\n" + reason)
  }
}
