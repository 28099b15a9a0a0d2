// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Foundation
import Images
import Inference
import Logging
import Platform
import Records
import Video

/// Watches a source to its end, or until it is interrupted, and tells what happens: as lines of JSON, by snapshots, and
/// to a program.
public actor WatchRunner {
  /// What is watched, and how it is told.
  public struct Options: Sendable {
    public var source: VideoSource
    public var watches: [Watch]
    public var stream: StreamSettings
    public var dialogue: DialogueOptions
    /// Lines are appended to this file; nil for standard output.
    public var output: String?
    /// Snapshots are written into this folder; nil writes none.
    public var snapshotFolder: String?
    /// A program that is run for each event; nil for none.
    public var command: String?
    /// Seconds after which that program is killed.
    public var commandSeconds: Double
    public var logger: Logger
    /// Is told how far the stream is.
    public var report: @Sendable (Progress) -> Void
    /// Is told what went wrong while watching goes on.
    public var warn: @Sendable (String) -> Void

    /// Memberwise; checks nothing.
    public init(
      source: VideoSource, watches: [Watch], stream: StreamSettings, dialogue: DialogueOptions, output: String?,
      snapshotFolder: String?, command: String?, commandSeconds: Double, logger: Logger,
      report: @escaping @Sendable (Progress) -> Void, warn: @escaping @Sendable (String) -> Void
    ) {
      self.source = source
      self.watches = watches
      self.stream = stream
      self.dialogue = dialogue
      self.output = output
      self.snapshotFolder = snapshotFolder
      self.command = command
      self.commandSeconds = commandSeconds
      self.logger = logger
      self.report = report
      self.warn = warn
    }
  }

  /// How far a run is.
  public struct Progress: Sendable {
    /// Stream time, in seconds.
    public var time = 0.0
    /// Length of the stream, in seconds; nil where it is not known.
    public var duration: Double?
    public var alerts = 0
    /// One for each watch, in their order; empty before the first block.
    public var states: [Watcher.State] = []
  }

  /// What a run has led to.
  public struct Summary: Sendable {
    public var framesSeen = 0
    public var blocks = 0
    public var events: [WatchEvent] = []
    public var history = ScoreHistory()
    public var isInterrupted = false
    /// Whether a live source was lost for good.
    public var isLost = false
  }

  private let thread: ThreadExecutor
  private let model: LoadedModel
  private let options: Options
  private let command: AlertCommand?
  private nonisolated let stop = StopSource()
  private var progress = Progress()
  private var summary = Summary()
  private var snapshotCount = 0

  /// Events that a summary keeps; later ones are told all the same.
  private static let mostEventsKept = 4096
  /// Snapshots of a run; a watch that rings without end must not fill the disk.
  private static let mostSnapshots = 10_000

  /// The thread that the model runs on.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// Watches nothing yet.
  ///
  /// - Throws: `ReportedError` with the codes `insufficient_threads`, or `request_malformed` for a program that is not
  ///   there.
  public init(model: sending LoadedModel, options: Options) throws(ReportedError) {
    command = try options.command.map { (path) throws(ReportedError) in
      try AlertCommand(path: path, seconds: options.commandSeconds)
    }
    thread = try ThreadExecutor(reporting: "model")
    self.model = model
    self.options = options
  }

  /// Ends the run after the frame under way. From any thread.
  public nonisolated func interrupt() { stop.stop() }

  /// Watches to the end.
  ///
  /// - Throws: `ReportedError` or `VideoError` where the source cannot be watched or nothing can be told.
  public func run() async throws -> Summary {
    let output = try openOutput()
    try makeSnapshotFolder()
    var watcher = try Watcher(
      options.watches, model: model, dialogue: options.dialogue, gate: options.stream.gate(for: model))
    let streamOptions = try options.stream.options(for: model, isHeadless: true)
    let opened = try await unlessStopped(stop) {
      try await VideoStream.open(self.options.source, options: streamOptions)
    }
    guard let video = opened else {
      summary.isInterrupted = true
      return summary
    }
    progress.duration = video.description.duration
    do {
      try output.write(beginning(of: video))
      try await watch(video, with: &watcher, telling: output)
    } catch {
      await video.close()
      throw error
    }
    await video.close()
    command?.finish(stop: stop)
    reportFailures()
    (summary.framesSeen, summary.blocks) = (watcher.framesSeen, watcher.blocks)
    summary.isInterrupted = stop.isStopped
    return summary
  }

  /// Opens the output, which holds events or nothing.
  private func openOutput() throws(ReportedError) -> LineFile {
    let path = options.output == "-" ? nil : options.output
    var inputs: [String] = []
    if case .file(let video) = options.source { inputs.append(video) }
    let output = try LineFile(path: path, inputs: inputs, isShared: true, stop: stop)
    if let path, output.isFile, !output.isEmpty, output.head(Self.lineBeginning.count) != Self.lineBeginning {
      throw .outputUnwritable(message: "\(path) holds something else than events; name another file")
    }
    return output
  }

  /// The bytes that every line begins with.
  private static let lineBeginning = Array("{\"type\":".utf8)

  private func watch(_ video: VideoStream, with watcher: inout Watcher, telling output: LineFile) async throws {
    var isLost = false
    while !stop.isStopped {
      let loss = video.signalLoss
      if (loss != nil) != isLost {
        isLost.toggle()
        try tell(signalLoss: loss, of: video, output)
        if !isLost { watcher.noteGap() }
      }
      let (stop, wasLost) = (stop, isLost)
      let arrival = await video.next { stop.isStopped || (video.signalLoss != nil) != wasLost }
      if stop.isStopped { return }
      if case .end = arrival { break }
      guard case .frame(let frame) = arrival else { continue }
      if let report = try watcher.add(frame.image, at: frame.time) {
        for event in report.events { try tell(event, frame: frame.image, video: video, output) }
        summary.history.add(report)
        progress.states = report.states
      }
      progress.time = frame.time
      for warning in video.takeWarnings() { options.warn(warning) }
      reportFailures()
      options.report(progress)
    }
    for warning in video.takeWarnings() { options.warn(warning) }
    if let failure = video.failure, !stop.isStopped {
      if watcher.framesSeen == 0 { throw failure }
      options.warn(failure.description)
      summary.isLost = video.description.isLive
    }
  }

  // MARK: Telling

  private func tell(signalLoss: SignalLoss?, of video: VideoStream, _ output: LineFile) throws(ReportedError) {
    var line: [(String, OrderedJSON)] = [
      ("type", "signal"), ("version", .integer(WatchEvent.version)), ("source", .string(video.description.source)),
      ("state", signalLoss == nil ? "back" : "lost"), ("at", .string(Date.now.formatted(.iso8601))),
    ]
    if let signalLoss { line.append(("stream", .number(signalLoss.streamTime))) }
    try output.write(.object(line))
    command?.send(OrderedJSON.object(line).text)
    for warning in video.takeWarnings() { options.warn(warning) }
  }

  private func beginning(of video: VideoStream) -> OrderedJSON {
    let watches = options.watches.map { watch -> OrderedJSON in
      [
        "watch": .string(watch.name), "kind": .string(watch.kind.name), "question": .string(watch.question),
        "sensitivity": .string(watch.sensitivity.rawValue),
      ]
    }
    return [
      "type": "watching", "version": .integer(WatchEvent.version), "source": .string(video.description.source),
      "watches": .array(watches),
    ]
  }

  private func tell(_ event: WatchEvent, frame: Image, video: VideoStream, _ output: LineFile) throws {
    let snapshot = event.isOnset ? self.snapshot(of: frame, for: event.watch) : nil
    let date = video.description.isLive ? Date.now.formatted(.iso8601) : nil
    let line = event.json(source: video.description.source, date: date, snapshot: snapshot)
    try output.write(line)
    command?.send(line.text)
    if event.isOnset { progress.alerts += 1 }
    if summary.events.count < Self.mostEventsKept { summary.events.append(event) }
    let what = event.isOnset ? "began" : "ended"
    options.logger.info("watch \(event.watch.name) \(what) at \(clock(event.time))")
  }

  private func makeSnapshotFolder() throws(ReportedError) {
    guard let folder = options.snapshotFolder else { return }
    if mkdir(folder, 0o777) != 0, errno != EEXIST {
      throw .outputUnwritable(message: "\(folder) cannot be made: \(errorText(errno))")
    }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
      throw .outputUnwritable(message: "\(folder) is no folder; snapshots need one")
    }
    guard access(folder, W_OK | X_OK) == 0 else {
      throw .outputUnwritable(message: "\(folder) cannot be written: \(errorText(errno))")
    }
  }

  /// Writes the frame; what fails is said, and watching goes on.
  private func snapshot(of frame: Image, for watch: Watch) -> String? {
    guard let folder = options.snapshotFolder, snapshotCount < Self.mostSnapshots else { return nil }
    snapshotCount += 1
    let stamp = Date.now.formatted(.iso8601.timeSeparator(.omitted))
    let path = "\(folder)/\(watch.fileName)-\(stamp)-\(snapshotCount).png"
    do throws(VideoError) {
      try PNGFile.write(frame, to: path, stop: stop)
      return path
    } catch {
      options.warn(error.description)
      return nil
    }
  }

  private func reportFailures() {
    for failure in command?.takeFailures() ?? [] {
      options.warn(failure)
      options.logger.warning("\(failure)")
    }
  }
}

extension WatchEvent {
  fileprivate var isOnset: Bool { if case .on = change { true } else { false } }
}

extension Watch {
  /// Letters and digits of the name, for a file.
  fileprivate var fileName: String {
    let letters = name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
    return String(String(letters.prefix(40)).split(separator: "-").joined(separator: "-"))
  }
}

extension Watch.Kind {
  fileprivate var name: String {
    switch self {
    case .now: "now"
    case .since: "since"
    case .missing: "missing"
    }
  }
}
