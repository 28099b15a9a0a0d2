// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import CodeAgent
import Dialogue
import Foundation
import Images
import Inference
import Platform
import Records
import SessionInterface
import Synchronization
import Video

/// A stream that is watched and talked about: commands in, events out.
///
/// The session owns the model and is the only one that writes the cache. Its work runs on a thread of its own; pictures
/// and commands take turns there, and commands go first: before the next picture, and of a temporal patch between the
/// blocks of the vision tower. So a question asked while pictures are read waits for one block, or for the language
/// model to read one patch, at most.
public actor Session {
  /// What happens, in order. One listener.
  public nonisolated let events: AsyncStream<SessionEvent>

  private let channel = EventChannel()
  private let thread = ThreadExecutor(name: "edgeassist-model")
  private nonisolated let commands = CommandQueue()
  private nonisolated let answerIsCancelled = Atomic<Bool>(false)
  private nonisolated let answersUnderWay = Atomic<Int>(0)

  private let dialogue: VideoDialogue
  private var ingest: StreamIngest
  private nonisolated let code: CodeQueue?
  private let video: VideoStream?
  private let description: SessionDescription
  /// Said once, at the beginning.
  private let warnings: [String]
  package private(set) var statistics = SessionStatistics()
  private var lastStatistics = ContinuousClock.now
  private var retention = RetentionReports()
  private var rate = RateMeter()
  /// Takes pictures in; nil once the stream has ended, until somebody seeks.
  private var feeding: Task<Void, Never>?
  private var isQuitting = false

  public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - model: the session becomes its only user.
  ///   - video: what to watch; nil for a conversation alone.
  ///   - sourceName: the source as the user wrote it.
  ///   - code: how programming tasks are worked on; nil refuses them.
  /// - Throws: `ReportedError.budgetTooSmall` when the budget cannot hold the system prompt.
  public init(
    model: sending LoadedModel, options: DialogueOptions, video: VideoStream?, sourceName: String?,
    code: CodeSettings? = nil
  ) throws(ReportedError) {
    description = SessionDescription(
      modelName: model.name, isEmbeddedModel: model.isEmbedded, source: sourceName,
      duration: video?.description.duration, threads: model.threads)
    warnings = model.warnings
    dialogue = try VideoDialogue(model: model, options: options)
    ingest = StreamIngest(into: dialogue)
    if let size = video?.description.sampledSize { try dialogue.check(framesOf: size.width, by: size.height) }
    self.video = video
    self.code = code.map { [channel] settings in CodeQueue(settings: settings) { channel.send($0) } }
    events = channel.stream
  }

  /// Asks something of the session; returns at once, from any thread.
  public nonisolated func send(_ command: SessionCommand) {
    switch command {
    case .cancelAnswer:
      // Every answer that has been asked for by now is meant.
      if answersUnderWay.load(ordering: .relaxed) > 0 { answerIsCancelled.store(true, ordering: .relaxed) }
      return
    case .ask:
      if answersUnderWay.add(1, ordering: .relaxed).oldValue == 0 {
        answerIsCancelled.store(false, ordering: .relaxed)
      }
    case .quit:
      answerIsCancelled.store(true, ordering: .relaxed)
      video?.stop()
      code?.cancel()
    // The coder has a thread of its own and is told at once.
    case .code(let task) where code != nil:
      code?.start(task)
      return
    case .cancelCode where code?.cancel() == true, .acceptCode where code?.accept() == true: return
    // The source obeys at once, however long the model still works on what it has.
    case .pause: video?.pause()
    case .resume: video?.resume()
    case .seek(let seconds): video?.seek(to: seconds)
    default: break
    }
    commands.add(command)
    if command == .quit { commands.finish() }
  }

  /// Works until `.quit` has been sent; then the events end.
  public func run() async {
    channel.send(.ready(description))
    for warning in warnings { channel.send(.warning(warning)) }
    sendStatistics(force: true)
    let previewing = Task { [channel, video] in
      guard let video else { return }
      for await preview in video.previews {
        channel.sendIfKeepingUp(.preview(preview.image, time: preview.time))
      }
    }
    // Brings the weights into memory. A person who sees pictures and can type meanwhile does not wait for it.
    attempt { () throws(ReportedError) in try dialogue.readSystemPrompt() }
    sendStatistics(force: true)
    startFeeding()
    for await _ in commands.arrivals { performWaiting() }
    isQuitting = true
    video?.stop()
    await feeding?.value
    await previewing.value
    await code?.finish()
    channel.finish()
  }

  // MARK: The stream

  private func startFeeding() {
    guard let video, feeding == nil else { return }
    feeding = Task {
      await self.feed(video)
      self.feeding = nil
    }
  }

  private func feed(_ video: VideoStream) async {
    do throws(ReportedError) {
      for await timed in video {
        performWaiting()
        try see(timed)
        reportWarnings(of: video)
      }
      if isQuitting { return }
      try ingest.finish()
      reportWarnings(of: video)
      if let failure = video.failure { throw ReportedError(failure) }
      channel.send(.streamEnded(time: statistics.streamTime))
    } catch {
      video.stop()
      fail(error)
    }
    sendStatistics(force: true)
  }

  private func see(_ timed: Frame) throws(ReportedError) {
    try ingest.add(timed.image, at: timed.time)
    while try ingest.step() { performWaiting() }
    rate.add(seconds: ingest.seconds)
    statistics.streamTime = timed.time
    statistics.framesPerSecond = rate.perSecond
    channel.sendIfKeepingUp(.frameSeen(time: timed.time))
    sendStatistics()
  }

  private func reportWarnings(of video: VideoStream) {
    for warning in video.takeWarnings() { channel.send(.warning(warning)) }
  }

  // MARK: Commands

  private func performWaiting() {
    while let command = commands.take() { perform(command) }
  }

  private func perform(_ command: SessionCommand) {
    switch command {
    case .ask(let question): answer(question)
    case .cancelAnswer: break
    case .clearConversation:
      dialogue.forgetConversation()
      channel.send(.note("The conversation is forgotten; what was seen is kept."))
    case .pause: statistics.isPaused = true
    case .resume: statistics.isPaused = false
    case .seek(let seconds): noteSeek(to: seconds)
    case .setBudget(let tokens): attempt { () throws(ReportedError) in try dialogue.setBudget(tokens: tokens) }
    case .setPolicy(let name): setPolicy(name)
    case .showRetention(let isShown): retention.isWanted = isShown
    case .save(let path): save(to: path)
    case .code: fail(.unsupported(message: "programming tasks are not worked on here"))
    case .cancelCode, .acceptCode: fail(.unsupported(message: "no task is being worked on"))
    case .retryCode:
      if code?.retry() != true { fail(.unsupported(message: "there is no task to try again; begin with /code TASK")) }
    case .saveProgram(let path): saveProgram(to: path)
    case .shareProgram: shareProgram()
    case .quit: break
    }
    sendStatistics(force: true)
  }

  private func answer(_ question: String) {
    defer { answersUnderWay.subtract(1, ordering: .relaxed) }
    statistics.isAnswering = true
    channel.send(.answerStarted(question: question))
    sendStatistics(force: true)
    let start = ContinuousClock.now
    do throws(ReportedError) {
      try ingest.finish()
      let summary = try dialogue.answer(
        question, at: statistics.streamTime, since: start,
        isCancelled: { answerIsCancelled.load(ordering: .relaxed) },
        emit: { piece in
          channel.send(.answerPiece(piece))
          sendStatistics()
        })
      let decoding = summary.seconds - summary.firstTokenSeconds
      if summary.answerTokens > 1 && decoding > 0 {
        statistics.answerTokensPerSecond = Double(summary.answerTokens - 1) / decoding
      }
      statistics.isAnswering = false
      channel.send(.answerFinished(summary))
    } catch {
      statistics.isAnswering = false
      fail(error)
    }
  }

  private func noteSeek(to seconds: Double) {
    guard let video else { return fail(.unsupported(message: "there is no stream to move in")) }
    guard video.description.isSeekable else {
      return fail(.unsupported(message: "this source cannot be moved in: it comes as it comes"))
    }
    rate = RateMeter()
    startFeeding()
    channel.send(.note("Going to \(Int(max(0, seconds))) s; what was seen before is still held."))
  }

  private func setPolicy(_ name: String) {
    guard let policy = RetentionPolicy(rawValue: name) else {
      let names = RetentionPolicy.allCases.map(\.rawValue).joined(separator: ", ")
      return fail(.requestMalformed(message: "no policy is called “\(name)”; there are \(names)"))
    }
    attempt { () throws(ReportedError) in try dialogue.setPolicy(policy) }
  }

  private func save(to path: String) {
    attempt { () throws(ReportedError) in
      try Transcript(turns: dialogue.turns, description: description).write(to: path)
      channel.send(.note("The conversation is saved in \(path)."))
    }
  }

  private func attempt(_ work: () throws(ReportedError) -> Void) {
    do { try work() } catch { fail(error) }
  }

  private func fail(_ error: ReportedError) {
    channel.send(.failure(code: error.code.rawValue, message: error.message))
  }

  // MARK: Programs

  private func saveProgram(to path: String) {
    guard let program = code?.currentProgram else { return fail(.unsupported(message: "there is no program yet")) }
    attempt { () throws(ReportedError) in
      let text = program.text.hasSuffix("\n") ? program.text : program.text + "\n"
      do { try text.write(toFile: path, atomically: true, encoding: .utf8) } catch {
        throw .outputUnwritable(message: "\(path) cannot be written: \(error.localizedDescription)")
      }
      channel.send(.note("The program is saved in \(path)."))
    }
  }

  private func shareProgram() {
    guard let program = code?.currentProgram else { return fail(.unsupported(message: "there is no program yet")) }
    dialogue.add(
      question: "Here is a program:\n```\(program.language.rawValue)\n\(program.text)\n```", answer: "I have read it.",
      at: statistics.streamTime)
    channel.send(.programShared(program))
  }

  // MARK: Figures

  private func sendStatistics(force: Bool = false) {
    for report in dialogue.takeCompressions() { channel.sendIfKeepingUp(.compressed(report)) }
    for warning in dialogue.takeWarnings() { channel.send(.warning(warning)) }
    let now = ContinuousClock.now
    if retention.isDue(at: now, passes: dialogue.cache.compressionCount, force: force) {
      let event = SessionEvent.retention(dialogue.retentionMap())
      if force { channel.send(event) } else { channel.sendIfKeepingUp(event) }
    }
    guard force || now - lastStatistics > .milliseconds(200) else { return }
    lastStatistics = now
    dialogue.describe(into: &statistics)
    statistics.framesSeen = ingest.framesSeen
    statistics.framesDropped = video?.droppedCount ?? 0
    statistics.residentBytes = ResidentMemory.current()
    if force {
      channel.send(.statistics(statistics))
    } else {
      channel.sendIfKeepingUp(.statistics(statistics))
    }
  }
}

/// When the map of what is kept is told.
private struct RetentionReports {
  var isWanted = false
  private var last: ContinuousClock.Instant?
  private var compressionsTold = 0

  private static let interval = Duration.milliseconds(500)

  /// True when a map is to be sent, which is then taken as sent.
  mutating func isDue(at now: ContinuousClock.Instant, passes: Int, force: Bool) -> Bool {
    guard isWanted else { return false }
    guard force || passes != compressionsTold || last.map({ now - $0 >= Self.interval }) ?? true else { return false }
    last = now
    compressionsTold = passes
    return true
  }
}

/// A running figure of how many pictures a second the model could take in.
private struct RateMeter {
  private var seconds = 0.0
  private var count = 0.0

  /// Older pictures count less and less, so that the figure follows a change within some ten pictures.
  mutating func add(seconds new: Double) {
    seconds = seconds * 0.9 + new
    count = count * 0.9 + 1
  }

  var perSecond: Double? {
    // The first picture of a patch costs nothing, so that the figure means something only after both.
    count > 1.5 && seconds > 0 ? count / seconds : nil
  }
}
