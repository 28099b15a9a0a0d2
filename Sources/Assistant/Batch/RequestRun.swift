// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Foundation
import Images
import Inference
import Platform
import Records
import SessionInterface
import Video

/// One request on its way: a dialogue that watches the request's video and answers each turn at its time.
struct RequestRun {
  private let dialogue: VideoDialogue
  private var ingest: FrameIngest
  private let video: VideoStream?
  /// Seconds of the stream for which a sampled frame stands.
  private let framePeriod: Double
  /// Seconds without a signal after which a live source counts as ended, where only its end is asked about; nil for
  /// any.
  private let longestLoss: Double?
  private let stop: StopSource
  private let scrubber: WeightScrubber?
  /// Stream time up to which frames were taken in, in seconds.
  private(set) var time = 0.0
  /// Where the last frame ends, in seconds.
  private var end = 0.0
  private var warnings: [String] = []
  /// Time taken by frames since the last answer.
  private var ingestSeconds = 0.0

  /// Length of the video, in seconds; nil if there is none or it is not known.
  var duration: Double? { video?.description.duration }

  private static let usualLongestLoss = 60.0
  /// Seconds by which a frame of a live source may come late before a turn is answered without it.
  private static let longestDelay = 1.0

  /// Makes the dialogue and opens the video.
  ///
  /// - Throws: `ReportedError` or `VideoError` if the request asks for something that cannot be had, the video cannot
  ///   be opened, or the budget has no room for its frames and the questions; `CancellationError` after a stop.
  init(
    _ request: BatchRequest, model: LoadedModel, options: BatchOptions, stop: StopSource,
    isolation: isolated (any Actor)? = #isolation
  ) async throws {
    self.stop = stop
    scrubber = model.scrubber
    dialogue = try VideoDialogue(model: model, options: try request.overrides.applied(to: options.dialogue))
    ingest = FrameIngest(
      into: dialogue, gate: request.overrides.framesPerSecond == nil ? options.stream.gate(for: model) : nil)
    // The times of frames and of first tokens are measured without it.
    try dialogue.readSystemPrompt()
    var settings = options.stream
    if let rate = request.overrides.framesPerSecond { settings.framesPerSecond = rate }
    framePeriod = settings.period(for: model)
    longestLoss = settings.reconnection == nil ? Self.usualLongestLoss : nil
    let images = request.images.map { BatchRequest.resolve($0, relativeTo: options.input) }
    guard let path = request.video else {
      video = nil
      try show(images, settings: settings, questions: request.turns.map(\.ask), model: model)
      return
    }
    let source = VideoSource(BatchRequest.resolve(path, relativeTo: options.input))
    let streamOptions = try settings.options(for: model, isHeadless: true)
    let opened = try await unlessStopped(stop) { try await VideoStream.open(source, options: streamOptions) }
    guard let video = opened else { throw CancellationError() }
    self.video = video
    if video.description.isLive { Task { [logger = options.logger] in await logger.followSignal(of: video) } }
    do {
      let size = video.description.sampledSize
      try dialogue.check(framesOf: size.width, by: size.height, questions: request.turns.map(\.ask))
      try show(images, settings: settings, questions: [], model: model)
    } catch {
      await close()
      throw error
    }
  }

  /// Shows images, each of which may evict what was seen before it.
  private mutating func show(
    _ paths: [String], settings: StreamSettings, questions: [String], model: LoadedModel
  ) throws {
    let start = ContinuousClock.now
    let sizing = try settings.sizing(for: model)
    let size = try video?.description.sampledSize ?? largestSize(of: paths, sizing)
    for path in paths {
      if stop.isStopped { throw CancellationError() }
      let image = try StillImage.read(path, sizing: sizing)
      let (width, height) = size.map { ($0.width, $0.height) } ?? (image.width, image.height)
      if ingest.frameSize == nil { try dialogue.check(framesOf: width, by: height, questions: questions) }
      try ingest.add(still: image, size: (width, height), at: 0)
    }
    ingestSeconds += (ContinuousClock.now - start) / .seconds(1)
  }

  /// The size of the largest of several images, which all of them get; nil for fewer than two.
  private func largestSize(of paths: [String], _ sizing: FrameSizing) throws -> ImageSize? {
    var largest: ImageSize?
    for path in paths where paths.count > 1 {
      if stop.isStopped { throw CancellationError() }
      let image = try StillImage.read(path, sizing: sizing)
      if image.width * image.height > largest.map({ $0.width * $0.height }) ?? 0 {
        largest = ImageSize(width: image.width, height: image.height)
      }
    }
    return largest
  }

  /// Closes the video, which the next request may open.
  func close(isolation: isolated (any Actor)? = #isolation) async {
    await video?.close()
  }

  /// Takes the next frame in, after the turns that are asked before it. A turn whose time comes while a live source
  /// sends nothing is answered then. At the end of the video answers all other turns.
  ///
  /// - Returns: whether there is more to do.
  /// - Throws: what ends the request: `ReportedError`, or `VideoError` for a video without a readable frame. What ends
  ///   a single turn is written as its result.
  mutating func advance(
    _ results: inout TurnResultWriter, isolation: isolated (any Actor)? = #isolation
  ) async throws -> Bool {
    let arrival = await video?.next(unless: otherWork(before: results.next)) ?? .end
    if stop.isStopped { return false }
    guard case .frame(let frame) = arrival else {
      if case .otherWork = arrival, let at = results.next?.at {
        try answer(&results, at: at)
        return !results.areComplete
      }
      try finish(&results)
      return false
    }
    while let at = results.next?.at, at <= frame.time, !stop.isStopped { try answer(&results, at: at) }
    if stop.isStopped || results.areComplete { return false }
    let start = ContinuousClock.now
    try ingest.add(frame.image, at: frame.time)
    while try ingest.step() {}
    ingestSeconds += (ContinuousClock.now - start) / .seconds(1)
    time = frame.time
    end = frame.time + framePeriod
    return true
  }

  /// Whether a turn is due although no frame has come.
  private func otherWork(before turn: BatchRequest.Turn?) -> @Sendable () -> Bool {
    { [video, stop, longestLoss] in
      if stop.isStopped { return true }
      guard let video, video.description.isLive else { return false }
      if let at = turn?.at { return video.liveTime ?? 0 > at + Self.longestDelay }
      guard let longestLoss, let loss = video.signalLoss else { return false }
      return Date().timeIntervalSince1970 - loss.date > longestLoss
    }
  }

  private mutating func finish(_ results: inout TurnResultWriter) throws {
    warnings += video?.takeWarnings() ?? []
    // A stream that broke off is answered on what was seen, if anything was.
    if let failure = video?.failure {
      if ingest.framesSeen == 0 { throw failure }
      warnings.append(failure.description)
    }
    while !results.areComplete, !stop.isStopped { try answer(&results, at: video == nil ? nil : end) }
  }

  /// Answers the next turn, and independent ones that are asked with it; a stop leaves them without a result.
  private mutating func answer(_ results: inout TurnResultWriter, at time: Double?) throws {
    // As many as are answered at once, so that their results are written before the next ones are begun.
    let questions = results.nextAtOnce.prefix(VideoDialogue.mostForks).map(\.ask)
    guard let question = questions.first else { return }
    let start = ContinuousClock.now
    try ingest.showUnpairedFrame(asking: results.isNextIndependent ? questions : [question])
    ingestSeconds += (ContinuousClock.now - start) / .seconds(1)
    let answers: [Result<AnswerSummary, ReportedError>]
    if results.isNextIndependent {
      answers = dialogue.answer(each: questions, at: time ?? 0, stop: stop)
    } else {
      answers = [
        Result { () throws(ReportedError) in try dialogue.answer(question, at: time ?? 0, stop: stop) }
      ]
    }
    for answer in answers {
      switch answer {
      case .success(let summary) where summary.stop == .cancelled: return
      case .success(let summary): try results.write(result(summary, at: time))
      case .failure(let error): try results.fail(error)
      }
      warnings = []
      ingestSeconds = 0
    }
  }

  private func result(_ summary: AnswerSummary, at time: Double?) -> TurnResult {
    var statistics = SessionStatistics()
    dialogue.describe(into: &statistics)
    statistics.framesSeen = ingest.framesSeen
    statistics.framesSkipped = ingest.framesSkipped
    statistics.activeShare = ingest.activeShare
    statistics.framesDropped = video?.droppedCount ?? 0
    statistics.residentBytes = ResidentMemory.current()
    var warnings = warnings + dialogue.takeWarnings() + (video?.takeWarnings() ?? [])
    if let video, let loss = video.signalLoss {
      warnings.append("no signal from \(video.description.source) since \(clock(loss.streamTime)) of the stream")
    }
    // The weights stay as they are, so every later answer comes with the warning.
    warnings += scrubber?.warnings ?? []
    return TurnResult(
      at: time, summary: summary, statistics: statistics, visionTokensRead: dialogue.visionTokensRead,
      ingestSeconds: ingestSeconds, warnings: warnings)
  }
}
