// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Assistant
import CodeAgent
import Dialogue
import Foundation
import Inference

/// `--batch`: requests in, results out, progress on standard error when a person watches it.
struct BatchCommand {
  var requests: String
  var arguments: BatchArguments
  var stream: StreamSettings
  var dialogue: DialogueOptions
  var code: CodeSettings

  func run(model: sending LoadedModel) async throws {
    for warning in model.warnings { FileHandle.standardError.write(Data("edgeassist: \(warning)\n".utf8)) }
    let progress = ProgressLine()
    let runner = BatchRunner(
      model: model,
      options: BatchOptions(
        input: requests, output: arguments.output, isResuming: arguments.resume, dialogue: dialogue, stream: stream,
        code: code, report: { progress.show($0) }))
    let signals = InterruptSignals { runner.interrupt() }
    defer { signals.stop() }
    let summary = try await runner.run()
    progress.finish(summary)
    if summary.isInterrupted { throw ExitStatus.interrupted }
    if summary.failed > 0 { throw ExitStatus.someRecordsFailed }
  }
}

/// One line on standard error that is written over and over; silent when standard error is no terminal.
private struct ProgressLine: Sendable {
  private let isShown = isatty(STDERR_FILENO) == 1

  func show(_ step: BatchStep) {
    guard isShown else { return }
    var line = "\(step.finished) done"
    if step.failed > 0 { line += ", \(step.failed) failed" }
    if !step.id.isEmpty { line += " · \(step.id)" }
    if step.time > 0 {
      line += String(format: " %.0f", step.time)
      if let duration = step.duration { line += String(format: "/%.0f", duration) }
      line += " s"
    }
    write("\r\u{1B}[K" + line.prefix(100))
  }

  func finish(_ summary: BatchSummary) {
    guard isShown else { return }
    let end = summary.isInterrupted ? " (interrupted; --resume goes on from here)" : ""
    write("\r\u{1B}[K\(summary.finished) done, \(summary.failed) failed\(end)\n")
  }

  private func write(_ text: String) {
    FileHandle.standardError.write(Data(text.utf8))
  }
}
