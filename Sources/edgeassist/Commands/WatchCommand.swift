// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Dialogue
import Foundation
import Inference
import Logging
import Platform
import Records
import Video
import Watching

/// `edgeassist watch`: tells when something happens that was said in plain words, without a terminal.
struct WatchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Watch a stream for things said in plain words, and tell when they happen.",
    discussion: """
      edgeassist watch --video rtsp://host/stream --watch "a parcel is at the door" --on-alert ./tell.sh
      edgeassist watch --video cam.mp4 --watch "Is a cat in view?" --watch "missing 10m: somebody is in the room"
      edgeassist watch --video cam.mp4 --watch "Did you see a cat?" --report --plot scores.png

      After each temporal patch the model is asked each question, and the odds of yes against no are compared with \
      what is usual for that question on this camera. An event is a line of JSON. A recording is watched as fast as \
      the model can, which shows how a watch would have done before it goes live.
      """)

  @OptionGroup(title: "Watches") var watches: WatchArguments
  @OptionGroup(title: "Stream") var stream: StreamOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Model") var adapter: ModelAdapterOptions
  @OptionGroup(title: "KV cache") var budget: BudgetOptions
  @OptionGroup(title: "KV cache") var type: CacheTypeOptions

  @Option(
    name: .customLong("log-file"),
    help: ArgumentHelp("Append a log of the run to this file.", valueName: "file"), completion: .file())
  var logFile: String?

  func validate() throws {
    if stream.video == nil { throw ValidationError("name what to watch: --video FILE, or rtsp://…, or /dev/video0") }
    if stream.cpuShare != nil { throw ValidationError("--cpu-share is for the screen") }
  }

  func run() async throws {
    do {
      try checkPlot()
      let logger = try LogFile.logger(
        path: logFile, others: [("--output", watches.output), ("--video", stream.video)])
      var dialogue = DialogueOptions()
      dialogue.budget = budget.cacheBudget
      dialogue.type = type.type
      dialogue.maximumAnswerTokens = Self.reasonTokens
      let loaded = try model.load(
        adapter: adapter.path, budget: dialogue.budget, type: dialogue.type, maximumPixels: stream.maximumPixels)
      try await run(model: loaded, dialogue: dialogue, logger: logger)
    } catch let error as ReportedError {
      throw StartFailure.report(error.message)
    } catch let error as VideoError {
      throw StartFailure.report(error.description)
    }
  }

  /// A plot is drawn at the end; whether it can be written is known at the start.
  private func checkPlot() throws(ReportedError) {
    guard let plot = watches.plot else { return }
    let inputs = stream.video.map { [$0] } ?? []
    do throws(OutputError) {
      try OutputFile.check(path: plot, inputs: inputs, replacing: PNGFile.replaceable)
    } catch { throw .outputUnwritable(message: error.description) }
  }

  /// The longest reason in words, in tokens.
  private static let reasonTokens = 64
  private static let commandSeconds = 30.0

  private func run(model: sending LoadedModel, dialogue: DialogueOptions, logger: Logger) async throws {
    let wanted = try watches.watches()
    for watch in wanted where watch.question != watch.words {
      StandardStreams.report("watching for “\(watch.words)”: \(watch.question)")
    }
    let status = WatchStatus()
    let runner = try WatchRunner(
      model: model,
      options: WatchRunner.Options(
        source: VideoSource(stream.video ?? ""), watches: wanted, stream: stream.settings, dialogue: dialogue,
        output: watches.output, snapshotFolder: watches.snapshotFolder, command: watches.command,
        commandSeconds: Self.commandSeconds, logger: logger, report: { status.show($0) },
        warn: { StandardStreams.report($0) }))
    let signals = InterruptSignals { runner.interrupt() }
    defer { signals.stop() }
    let summary = try await runner.run()
    status.finish(summary)
    let report = WatchReport(watches: wanted, summary: summary)
    if watches.report { StandardStreams.writeError(report.text) }
    if let plot = watches.plot { try report.plot(to: plot) }
    if summary.isInterrupted { throw ExitStatus.interrupted }
    if summary.isLost { throw ExitStatus.someRecordsFailed }
  }
}

/// The status line of a watch.
private struct WatchStatus: Sendable {
  private let line = StatusLine()

  func show(_ progress: WatchRunner.Progress) {
    var text = clock(progress.time)
    if let duration = progress.duration { text += " of \(clock(duration))" }
    text += " · \(progress.alerts) \(progress.alerts == 1 ? "alert" : "alerts")"
    let evidence = progress.states.map { decimal($0.evidence, places: 1) + ($0.isOn ? "!" : "") }
    if !evidence.isEmpty { text += " · evidence " + evidence.joined(separator: ", ") }
    line.show(text)
  }

  func finish(_ summary: WatchRunner.Summary) {
    line.finish("\(summary.framesSeen) frames seen, \(summary.blocks) blocks asked about")
  }
}
