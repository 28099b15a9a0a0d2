// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import CodeAgent
import CodeTasks
import Dialogue
import Foundation
import Images
import Inference
import Logging
import Platform
import Records
import SessionInterface
import Video

/// A stream that is watched and talked about: commands in, events out.
///
/// The session owns the model and is the only one that writes the KV cache. Its work runs on a thread of its own;
/// frames and commands take turns there, and commands go first: before the next frame, and of a temporal patch between
/// the blocks of the vision tower. So a question asked while frames are read waits for one block, or for the language
/// model to read one temporal patch, at most.
public actor Session {
  private let events: SessionEvents
  private let thread: ThreadExecutor
  /// Work that waits for the model.
  private nonisolated let queue = WorkQueue()
  private nonisolated let cancellation = AnswerCancellation()
  /// Stopped by `.quit`, for work that waits for other programs.
  private nonisolated let leaving = StopSource()

  private let dialogue: VideoDialogue
  /// Bounds the share of the time in which frames are computed; nil has no bound.
  private var computing: ComputeBudget?
  /// Frames that came beyond that share.
  private var framesBeyondShare = 0
  private var ingest: FrameIngest
  private nonisolated let code: InteractiveTaskSolver?
  private nonisolated let video: VideoStream?
  private let description: SessionDescription
  /// How large image files are read.
  private let imageSizing: FrameSizing
  /// Said once, at the beginning.
  private let warnings: [String]
  private let scrubber: WeightScrubber?
  /// As last reported.
  package private(set) var statistics = SessionStatistics()
  private var lastStatistics = ContinuousClock.now
  private var retention = RetentionMapThrottle()
  private var rate = FrameRateMeter()
  /// Takes frames in; nil once the stream has ended, until somebody seeks.
  private var feeding: Task<Void, Never>?
  private var isQuitting = false
  private let files: SessionFiles

  /// The thread that the model runs on.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - model: the session becomes its only user.
  ///   - video: what to watch; nil for a conversation alone.
  ///   - sourceName: the source as the user wrote it.
  ///   - stream: how it is sampled, and how large images are read.
  ///   - code: how programming tasks are worked on; nil refuses them.
  ///   - events: where to say what happens; finished when the session has ended.
  ///   - logger: gets a line for each event that is worth one.
  /// - Throws: `ReportedError.budgetTooSmall` when the budget cannot hold the system prompt; `requestMalformed` for a
  ///   size of images that the model cannot use; `insufficientThreads`.
  public init(
    model: sending LoadedModel, options: DialogueOptions, video: VideoStream?, sourceName: String?,
    stream: StreamSettings = StreamSettings(), code: CodeAgentSettings? = nil, events: EventMailbox,
    logger: Logger? = nil
  ) throws(ReportedError) {
    thread = try ThreadExecutor(reporting: "model")
    description = SessionDescription(
      modelName: model.name, isEmbeddedModel: model.isEmbedded, source: sourceName,
      duration: video?.description.duration, isLive: video?.description.isLive ?? false, threads: model.threads)
    warnings = model.warnings
    scrubber = model.scrubber
    let (known, events) = (model.warnings, SessionEvents(to: events, logger: logger))
    imageSizing = try stream.sizing(for: model)
    dialogue = try VideoDialogue(model: model, options: options)
    ingest = FrameIngest(into: dialogue, gate: stream.gate(for: model))
    computing = stream.computeShare.map { ComputeBudget(share: $0, now: monotonicSeconds()) }
    if let size = video?.description.sampledSize { try dialogue.check(framesOf: size.width, by: size.height) }
    self.video = video
    self.code = try code.map { (settings) throws(ReportedError) in
      try InteractiveTaskSolver(
        settings: settings, beside: known, warn: { events.send(.warning($0)) }, emit: { events.send(.code($0)) })
    }
    self.events = events
    files = SessionFiles(events: events, stop: leaving)
  }

  // MARK: Commands

  /// Asks something of the session; returns at once, from any thread.
  ///
  /// The stream and the coder have threads of their own and obey at once, however long the model still works on what it
  /// has. What needs the model waits for it in `queue`.
  public nonisolated func send(_ command: SessionCommand) {
    switch command {
    case .ask(let question):
      let stop = cancellation.ask()
      queue.add { $0.answer(question, stop: stop) }
    case .cancelAnswer: cancellation.cancelAsked()
    case .clearConversation: queue.add { $0.clearConversation() }
    case .showImage(let path): queue.add { $0.showImage(path) }
    // The figures, which tell whether the stream is paused, follow any piece of work.
    case .pause:
      video?.pause()
      queue.add { _ in }
    case .resume:
      video?.resume()
      queue.add { _ in }
    case .seek(let seconds): seek(to: seconds)
    case .setBudget(let tokens):
      queue.add { session in
        session.attempt { () throws(ReportedError) in try session.dialogue.setBudget(tokens: tokens) }
      }
    case .setPolicy(let policy):
      queue.add { session in
        session.attempt { () throws(ReportedError) in try session.dialogue.setPolicy(policy) }
      }
    case .showRetention(let isShown): queue.add { $0.retention.isWanted = isShown }
    case .save(let path): queue.add { $0.save(to: path) }
    case .code(let task):
      if let code { code.start(task) } else { fail(.unsupported(message: "programming tasks are not worked on here")) }
    case .cancelCode: if code?.cancel() != true { failWithoutTask() }
    case .acceptCode: if code?.accept() != true { failWithoutTask() }
    case .retryCode:
      if code?.retry() != true { fail(.unsupported(message: "there is no task to try again; begin with /code TASK")) }
    case .saveProgram(let path): queue.add { $0.saveProgram(to: path) }
    case .shareProgram: queue.add { $0.shareProgram() }
    case .quit:
      leaving.stop()
      cancellation.cancelForGood()
      video?.stop()
      code?.cancel()
      queue.finish()
    }
  }

  private nonisolated func seek(to seconds: Double) {
    guard let video else { return fail(.unsupported(message: "there is no stream to move in")) }
    guard video.seek(to: seconds) else {
      return fail(.unsupported(message: "this source cannot be moved in: it comes as it comes"))
    }
    let target = min(max(0, seconds), video.description.duration ?? .infinity)
    let place = target < seconds ? "the end, \(clock(target))" : clock(target)
    events.send(.note("Going to \(place); what was seen before stays cached."))
    // The stream may have ended before.
    queue.add { $0.startFeeding() }
  }

  private nonisolated func failWithoutTask() {
    fail(.unsupported(message: "no task is being worked on"))
  }

  private nonisolated func fail(_ error: ReportedError) {
    events.send(.failure(code: error.code.rawValue, message: error.message))
  }

  // MARK: Work

  /// Works until `.quit` has been sent; then the events end.
  public func run() async {
    events.send(.ready(description))
    for warning in warnings { events.send(.warning(warning)) }
    sendStatistics(force: true)
    let previewing = Task { [events, video] in
      guard let video else { return }
      for await preview in video.previews { events.send(.preview(preview.image, time: preview.time)) }
    }
    // Not on the model's thread, which may be at work for long.
    let reporting = Task { [events, video] in
      guard let video else { return }
      for await _ in video.notices { Self.reportNotices(of: video, to: events) }
    }
    let scrubbing = Task { [events, scrubber] in
      guard let scrubber else { return }
      await Self.reportFindings(of: scrubber, to: events)
    }
    // Brings the weights into memory. A person who sees the stream and can type does not wait for it.
    attempt { () throws(ReportedError) in try dialogue.readSystemPrompt() }
    sendStatistics(force: true)
    startFeeding()
    for await _ in queue.arrivals { performWaiting() }
    isQuitting = true
    video?.stop()
    await feeding?.value
    await previewing.value
    await reporting.value
    scrubbing.cancel()
    await scrubbing.value
    await code?.finish()
    await files.finish()
    events.finish()
  }

  /// Does the work that waits for the model.
  private func performWaiting() {
    while let work = queue.take() {
      work(self)
      sendStatistics(force: true)
    }
  }

  private func attempt(_ work: () throws(ReportedError) -> Void) {
    do { try work() } catch { fail(error) }
  }

  private func sendStatistics(force: Bool = false) {
    for report in dialogue.takeCompressions() { events.send(.compressed(report)) }
    for warning in dialogue.takeWarnings() { events.send(.warning(warning)) }
    let now = ContinuousClock.now
    if retention.isDue(at: now, compressions: dialogue.cache.compressionCount, force: force) {
      events.send(.retention(dialogue.retentionMap()))
    }
    guard force || now - lastStatistics > .milliseconds(200) else { return }
    lastStatistics = now
    dialogue.describe(into: &statistics)
    statistics.framesSeen = ingest.framesSeen
    if computing != nil || ingest.framesSkipped != nil {
      statistics.framesSkipped = framesBeyondShare + (ingest.framesSkipped ?? 0)
    }
    statistics.activeShare = ingest.activeShare
    statistics.framesDropped = video?.droppedCount ?? 0
    statistics.isPaused = video?.isPaused ?? false
    statistics.residentBytes = ResidentMemory.current()
    events.send(.statistics(statistics))
  }

  // MARK: The stream

  private func startFeeding() {
    guard let video, feeding == nil, !isQuitting else { return }
    feeding = Task {
      await self.feed(video)
      self.feeding = nil
      // Somebody may have gone back while the last frame was read.
      if !video.isAtEnd { self.startFeeding() }
    }
  }

  private func feed(_ video: VideoStream) async {
    do throws(ReportedError) {
      for await frame in video {
        performWaiting()
        try see(frame)
      }
      if isQuitting { return }
      try ingest.finish()
      Self.reportNotices(of: video, to: events)
      if let failure = video.failure { fail(ReportedError(failure)) }
      events.send(.streamEnded(time: statistics.streamTime))
    } catch {
      video.stop()
      fail(error)
    }
    sendStatistics(force: true)
  }

  private func see(_ frame: Frame) throws(ReportedError) {
    if computing?.allows(at: monotonicSeconds()) == false {
      framesBeyondShare += 1
    } else {
      try ingest.add(frame.image, at: frame.time)
      while try ingest.step() { performWaiting() }
      rate.add(seconds: ingest.seconds)
      computing?.spend(ingest.seconds)
    }
    statistics.streamTime = frame.time
    statistics.framesPerSecond = rate.framesPerSecond
    events.send(.frameSeen(time: frame.time))
    sendStatistics()
  }

  /// Reads an image file and shows it to the model, after a temporal patch that is on its way.
  private func showImage(_ path: String) {
    attempt { () throws(ReportedError) in
      let image: Image
      do throws(VideoError) {
        image = try StillImage.read(path, sizing: imageSizing)
      } catch {
        throw ReportedError(error)
      }
      let size = video?.description.sampledSize
      if ingest.frameSize == nil, size == nil { try dialogue.check(framesOf: image.width, by: image.height) }
      try ingest.add(still: image, size: size.map { ($0.width, $0.height) }, at: statistics.streamTime)
      events.send(.note("\(path) is seen; ask about it."))
    }
  }

  private static func reportNotices(of video: VideoStream, to events: SessionEvents) {
    for warning in video.takeWarnings() { events.send(.warning(warning)) }
    if video.description.isLive { events.send(.signal(lostSince: video.signalLoss?.date)) }
  }

  /// Says which weights have changed, until the task is cancelled.
  private static func reportFindings(of scrubber: WeightScrubber, to events: SessionEvents) async {
    var known = 0
    while !Task.isCancelled {
      for warning in scrubber.warnings.dropFirst(known) {
        events.send(.warning(warning))
        known += 1
      }
      try? await Task.sleep(for: .milliseconds(500))
    }
  }

  // MARK: The conversation

  /// Questions and answers so far.
  package var turns: [DialogueTurn] { dialogue.turns }

  private func answer(_ question: String, stop: StopSource) {
    events.send(.answerStarted(question: question))
    sendStatistics(force: true)
    let start = ContinuousClock.now
    do throws(ReportedError) {
      try ingest.showUnpairedFrame(asking: [question])
      var answer = try dialogue.begin(answering: question, at: statistics.streamTime, since: start)
      while let piece = try answer.next(isCancelled: stop.isStopped) {
        if piece.isEmpty { continue }
        events.send(.answerPiece(piece))
        sendStatistics()
      }
      let summary = answer.summary
      let decoding = summary.seconds - summary.firstTokenSeconds
      if summary.answerTokens > 1 && decoding > 0 {
        statistics.answerTokensPerSecond = Double(summary.answerTokens - 1) / decoding
      }
      events.send(.answerFinished(summary))
    } catch {
      events.send(.answerFailed(code: error.code.rawValue, message: error.message))
    }
  }

  private func clearConversation() {
    dialogue.forgetConversation()
    events.send(.note("The conversation is forgotten; what was seen stays cached."))
  }

  private func save(to path: String) {
    files.save(Transcript(turns: turns, description: description), to: path)
  }

  // MARK: Programs

  private func saveProgram(to path: String) {
    guard let program = code?.programToSave else { return fail(.unsupported(message: "there is no program yet")) }
    files.save(program: program.text, to: path)
  }

  private func shareProgram() {
    guard let program = code?.programToSave else { return fail(.unsupported(message: "there is no program yet")) }
    dialogue.add(
      question: "Here is a program:\n```\(program.language.rawValue)\n\(program.text)\n```", answer: "I have read it.",
      at: statistics.streamTime)
    events.send(.programShared(program))
  }
}
