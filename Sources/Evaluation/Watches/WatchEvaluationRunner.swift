// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Inference
import Platform
import Records
import Watching

/// The streams that are watched, and how.
public struct WatchEvaluationOptions: Sendable {
  public var suite: WatchSuite
  /// How the stream is remembered, for the baseline that is asked about that.
  public var dialogue: DialogueOptions
  /// The file for the records; nil keeps them in memory only.
  public var output: String?
  /// Whether the records of an earlier run are kept.
  public var isResuming: Bool
  /// Called after each stream.
  public var report: @Sendable (EvaluationStep) -> Void

  /// Memberwise; checks nothing.
  public init(
    suite: WatchSuite, dialogue: DialogueOptions, output: String?, isResuming: Bool,
    report: @escaping @Sendable (EvaluationStep) -> Void
  ) {
    self.suite = suite
    self.dialogue = dialogue
    self.output = output
    self.isResuming = isResuming
    self.report = report
  }
}

/// Watches every stream of a suite once, and decides with every method.
public actor WatchEvaluationRunner {
  private let thread: ThreadExecutor
  private let model: LoadedModel
  private let options: WatchEvaluationOptions
  private nonisolated let stop = StopSource()
  private var file: ResultFile<WatchRecord>?

  /// The question that puts the newest frames into words.
  private static let inWords = "What is in view?"

  /// The thread that the model runs on.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// Takes the model over: nobody else may use it while this runner lives.
  ///
  /// - Throws: `ReportedError` with the code `insufficient_threads`.
  public init(model: sending LoadedModel, options: WatchEvaluationOptions) throws(ReportedError) {
    thread = try ThreadExecutor(reporting: "model")
    self.model = model
    self.options = options
  }

  /// Ends the run after the current block. Finished records are in the output. May be called from any thread.
  public nonisolated func interrupt() { stop.stop() }

  /// Watches every stream that has no records yet.
  ///
  /// - Returns: all records, those of an earlier run included, and whether the run was interrupted.
  /// - Throws: `EvaluationError` or `ReportedError`.
  public func run() async throws -> (records: [WatchRecord], isInterrupted: Bool) {
    let identity = options.suite.identity + [("model", model.identity)]
    file = try options.output.map {
      try ResultFile<WatchRecord>(path: $0, isResuming: options.isResuming, identity: identity, stop: stop)
    }
    var records = file?.records ?? []
    // A run that was cut off may have written some of a stream's.
    let known = Dictionary(grouping: records, by: \.stream).mapValues { Set($0.map(\.method)) }
    let streams = options.suite.streams.filter { known[$0.number]?.count != WatchMethod.allCases.count }
    let resumed = options.suite.streams.count - streams.count
    var step = EvaluationStep(
      answers: resumed, answersInAll: options.suite.streams.count, resumed: resumed, label: "streams")
    options.report(step)
    for stream in streams {
      guard let scores = try scores(of: stream) else { return (records, true) }
      for method in WatchMethod.allCases where known[stream.number]?.contains(method.rawValue) != true {
        let record = WatchRecord(method: method, of: stream, alerts: try scores.alerts(method))
        try file?.write(record)
        records.append(record)
      }
      step.answers += 1
      options.report(step)
    }
    return (records, stop.isStopped)
  }

  /// - Returns: nil after a stop.
  private func scores(of stream: WatchStream) throws -> WatchScores? {
    let now = try WatchSuite.watches(.now)
    var watcher = try Watcher(now + WatchSuite.watches(.since), model: model, dialogue: options.dialogue)
    let question = try Watch(Self.inWords)
    var painter = StreamPainter(
      stream.story, side: DoorstepSuite.side(for: model),
      random: SeededGenerator(seed: stream.seed, part: UInt64(stream.number) | DoorstepSuite.drawingPart),
      sheet: try ThingSheet())
    var scores: WatchScores?
    for (pair, start) in stream.timeline.starts.enumerated() {
      for time in [start, start + StoryTimeline.frameStep] {
        if stop.isStopped { return nil }
        guard let report = try watcher.add(painter.frame(at: time), at: time) else { continue }
        if scores == nil { scores = WatchScores(grey: Array(watcher.greyScores.prefix(now.count))) }
        let asked = report.states.compactMap(\.score)
        let isAsked = asked.count == report.states.count
        scores?.newest.append(isAsked ? Array(asked.prefix(now.count)) : nil)
        scores?.remembered.append(isAsked ? Array(asked.dropFirst(now.count)) : nil)
        scores?.words.append(try watcher.answer(to: question, at: time))
        scores?.pairs.append(pair)
      }
    }
    return scores
  }
}
