// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Assistant
import CodeAgent
import Dialogue
import Foundation
import Inference
import Logging

/// The main use with `--batch`: requests in, results out, progress on standard error if that is a terminal.
struct BatchMode {
  var requests: String
  var arguments: BatchArguments
  var stream: StreamSettings
  var dialogue: DialogueOptions
  var code: CodeAgentSettings
  var logger: Logger

  func run(model: sending LoadedModel) async throws {
    let warn: @Sendable (String) -> Void = { [logger] warning in
      logger.warning("\(warning)")
      StandardStreams.report(warning)
    }
    model.warnings.forEach(warn)
    let progress = BatchStatus()
    let runner = try BatchRunner(
      model: model,
      options: BatchOptions(
        input: requests, output: arguments.output, isResuming: arguments.resume,
        shard: arguments.shard?.shard, dialogue: dialogue, stream: stream,
        code: code, logger: logger, report: { progress.show($0) }, warn: warn))
    let signals = InterruptSignals { runner.interrupt() }
    defer { signals.stop() }
    let summary = try await runner.run()
    progress.finish(summary)
    logger.info("requests done: \(summary.finished), failed: \(summary.failed)")
    if summary.isInterrupted { throw ExitStatus.interrupted }
    if summary.failed > 0 { throw ExitStatus.someRecordsFailed }
  }
}

/// The status line of a batch.
private struct BatchStatus: Sendable {
  private let line = StatusLine()

  func show(_ progress: BatchProgress) {
    var text = "\(progress.finished) done"
    if progress.failed > 0 { text += ", \(progress.failed) failed" }
    if !progress.id.isEmpty { text += " · \(progress.id)" }
    if progress.time > 0 {
      text += String(format: " %.0f", progress.time)
      if let duration = progress.duration { text += String(format: "/%.0f", duration) }
      text += " s"
    }
    line.show(text)
  }

  func finish(_ summary: BatchSummary) {
    let end = summary.isInterrupted ? " (interrupted; continue with --resume)" : ""
    line.finish("\(summary.finished) done, \(summary.failed) failed\(end)")
  }
}
