// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Images
import Platform
import Records

/// The work of the decoding thread: reads the source frame by frame, seeks, and opens a live source again.
///
/// It belongs to that thread once ``run()`` has begun; what others need lies in `shared` and `previews`.
final class DecodingLoop {
  private let source: VideoSource
  private let options: VideoStreamOptions
  private let recordings: RecordingSequence
  private let sampler: FrameSampler
  let shared: SharedStreamState
  let previews: PreviewFeed?
  let description: VideoDescription

  /// nil while a lost source is away, and after the last frame of one that cannot be rewound.
  private var input: MediaInput?
  private var reconnection: ReconnectionSchedule
  private var signal: SignalReport
  private var damage: DamageReport
  /// Damage that inputs counted which are closed.
  private var damagedBefore = 0
  /// When the latest frame ended that was decoded without damage before it, in seconds.
  private var wholeEnd = 0.0
  private var hasEnded = false
  private var hasReportedEnd = false
  /// Recordings of which it was to be said that they are damaged or cut off.
  private var badEndCount = 0

  /// Opens the source and decodes its first frame. Blocks; `interrupt` ends it.
  init(source: VideoSource, options: VideoStreamOptions, interrupt: IOInterrupt) throws(VideoError) {
    try options.check()
    let recordings = try RecordingSequence(of: source, options: options.opening, interrupt: interrupt)
    let (input, first) = try recordings.openFirst()
    guard let next = DecodedFrame() else { throw .unreadable(source: source.displayName, detail: "out of memory") }
    let shape = FrameShape(of: first.pointer, in: input)
    guard let sampledSize = options.sizing.sampledSize(of: shape.size) else {
      throw .tooElongated(source: source.displayName, width: shape.size.width, height: shape.size.height)
    }
    self.source = source
    self.options = options
    self.recordings = recordings
    self.input = input
    description = VideoDescription(
      of: input, duration: recordings.duration(with: input), size: shape.size, sampledSize: sampledSize)
    let dropsOldest = options.queue == .dropOldest || (options.queue == .automatic && input.isLive)
    shared = SharedStreamState(
      capacity: options.capacity(
        ofFrames: sampledSize, comesInSegments: input.isLive && input.isPlaylist), dropsOldest: dropsOldest,
      interrupt: interrupt)
    previews = options.previewSize.map { PreviewFeed(size: $0, rate: options.previewRate) }
    sampler = FrameSampler(
      of: input, first: first, next: next,
      fitter: FrameFitter(sampledSize: sampledSize, displayedSize: shape.size), shared: shared,
      previews: previews, options: options)
    reconnection = ReconnectionSchedule(options.reconnection)
    damage = DamageReport(source: description.source)
    signal = SignalReport(source: description.source)
    reconnection.noteReached(at: sampler.time, clock: monotonicSeconds())
    // A live source's frame on show is sampled while the next one is waited for.
    if input.isLive { input.startPacketReader() }
  }

  /// Works until the stream is stopped, or has ended for good.
  func run() {
    sampler.showPreview(isForced: true)
    while true {
      switch shared.nextInstruction(isLive: description.isLive, hasEnded: hasEnded) {
      case .stop:
        previews?.finish()
        input = nil
        shared.markClosed()
        return
      case .seek(let time):
        seek(to: time)
      case .proceed(let isMuted):
        step(isMuted: isMuted)
      }
      if hasEnded && !description.isSeekable { input = nil }
    }
  }

  private func step(isMuted: Bool) {
    guard let input else { return finish() }
    switch sampler.read(from: input) {
    case .frame:
      sampler.showNext(isMuted: isMuted)
      if input.damage.sinceWholeFrame == 0 { wholeEnd = sampler.endTime }
    case .nothingYet:
      sampler.sampleHeld()
      _ = shared.rest(MediaInput.restSeconds)
    case .interrupted:
      break
    case .lost(let reason, let isProperEnd):
      if input.isLive,
        !(isProperEnd && reconnection.hasOutrunTheClock(at: sampler.time, clock: monotonicSeconds()))
      {
        reconnect(after: reason)
      } else if input.isLive {
        input.drain()
      } else {
        shared.warn(
          "\(description.source) broke off at \(decimal(sampler.time, places: 1)) s (\(reason)); "
            + "going on with what came")
        hasReportedEnd = true
        input.drain()
      }
    case .end:
      if !goOn() { finish() }
    }
    if self.input?.isLive == true, let line = damage.lineWhileLive(count: damagedCount) { shared.warn(line) }
  }

  private var damagedCount: Int { damagedBefore + sampler.unconvertedCount + (input?.damage.total ?? 0) }

  // MARK: The end

  private func finish() {
    if input != nil, sampler.finish() == .interrupted { return }
    hasEnded = true
    reportEnd()
    shared.finish()
  }

  /// Goes on with the recording that follows in the same file.
  /// - Returns: false where there is none.
  private func goOn() -> Bool {
    guard let input, !input.isLive else { return false }
    if sampler.isShowing { recordings.noteEnd(after: sampler.endTime - sampler.beginning) }
    let number = recordings.number
    guard let (next, first) = recordings.openNext() else { return false }
    reportEnd(of: number, isContinued: goesOn(in: next))
    take(next, first: first)
    hasReportedEnd = false
    return true
  }

  /// Whether the times of the next recording follow those of the open one: then a sender has repeated its header.
  private func goesOn(in next: MediaInput) -> Bool {
    guard let input, let first = input.firstTimestamp, let follower = next.firstTimestamp else { return false }
    let length = sampler.endTime - sampler.beginning
    let pause = next.timeBase.seconds(follower) - input.timeBase.seconds(first) - length
    return pause > -min(length / 2, Self.longestOverlap) && pause < Self.longestPause
  }

  /// Seconds by which times may differ where a recording goes on in the next one.
  private static let (longestOverlap, longestPause) = (0.5, 10.0)

  /// Reads another recording of the same file.
  private func take(_ next: MediaInput, first: DecodedFrame) {
    if let input {
      damagedBefore += input.damage.total
      input.release()
    }
    input = next
    sampler.follow(with: next, first: first, beginning: recordings.beginning)
    wholeEnd = recordings.beginning
  }

  private func reportEnd() {
    guard let input else { return }
    if let line = damage.lineAtEnd(count: damagedCount) { shared.warn(line) }
    guard !input.isLive else { return }
    reportEnd(of: recordings.number, isContinued: false)
    if badEndCount > Self.mostEndsTold {
      let count = badEndCount - Self.mostEndsTold
      shared.warn("\(description.source): \(count) more of its recordings do not end properly")
      badEndCount = 0
    }
    if let line = recordings.lineOfSkippedBytes() { shared.warn(line) }
    if let line = recordings.lineOfUnreadBytes(after: input) { shared.warn(line) }
  }

  /// - Parameters:
  ///   - number: of the recording that `input` has been reading.
  ///   - isContinued: whether the next recording goes on where this one ends, so that nothing is missing.
  private func reportEnd(of number: Int, isContinued: Bool) {
    guard let input, !hasReportedEnd else { return }
    hasReportedEnd = true
    let end = sampler.endTime
    let beginning = sampler.beginning
    if !input.isEncrypted,
      let line = damage.lineAtUnreadableEnd(
        count: input.damage.sinceWholeFrame, after: wholeEnd)
    {
      warnOfEnd(line)
    } else if !isContinued,
      let stated = input.lengthBeforeCut(at: end - beginning, tolerance: max(0.25, 2.5 * sampler.duration))
    {
      let length = decimal(beginning + stated, places: 1)
      warnOfEnd("\(description.source) is cut off: it ends at \(decimal(end, places: 1)) s of \(length) s")
    } else if !isContinued, input.lacksBytes {
      warnOfEnd("\(description.source) is cut off: it ends at \(decimal(end, places: 1)) s, within a frame")
    } else if !isContinued, recordings.isCut(number) {
      warnOfEnd("\(description.source) is cut off: it ends at \(decimal(end, places: 1)) s, and more should follow")
    } else if let reason = input.readFailure {
      warnOfEnd("\(description.source): reading broke off at \(decimal(end, places: 1)) s (\(reason))")
    }
  }

  /// Recordings by the thousand may each be cut off.
  private func warnOfEnd(_ line: String) {
    badEndCount += 1
    if badEndCount <= Self.mostEndsTold { shared.warn(line) }
  }

  private static let mostEndsTold = 3

  // MARK: Seeking

  private func seek(to wanted: Double) {
    guard input != nil, description.isSeekable else {
      shared.warn("\(description.source) cannot be moved in")
      return
    }
    // Beyond the last instant nothing would be left to see.
    let last = description.duration.map { sampler.lastInstant(before: $0) } ?? .infinity
    let target = min(max(wanted, 0), last)
    sampler.hide()
    if let (other, first) = recordings.open(at: target) { take(other, first: first) }
    guard let input, let hasLanded = land(in: input, before: target) else { return }
    sampler.resume(at: target, hasLanded: hasLanded)
    if !hasLanded {
      shared.warn("\(description.source): nothing can be decoded at \(decimal(target, places: 1)) s")
    }
    hasEnded = false
    hasReportedEnd = true
    advanceToTarget(in: input)
    sampler.sampleTargetInPause()
    shared.restartClock()
  }

  /// Decodes on to the target of a jump, through recordings whose length nothing tells, and previews it.
  private func advanceToTarget(in input: MediaInput) {
    var input = input
    while sampler.advanceToTarget(in: input) {
      recordings.noteEnd(after: sampler.endTime - sampler.beginning)
      guard let (next, first) = recordings.openNext() else {
        sampler.stopShort()
        break
      }
      take(next, first: first)
      input = next
    }
    sampler.showPreview(isForced: true)
  }

  /// Decodes a frame that begins no later than `target`.
  ///
  /// Containers without an index land late at times: then it is tried from further back, in the end from the first
  /// byte.
  /// - Returns: whether there is such a frame; nil when a command came first.
  private func land(in input: MediaInput, before target: Double) -> Bool? {
    let whole = max(0, target - sampler.beginning)
    let stepsBack = [0, 2, 10, 60].filter { $0 < whole } + [whole]
    for start in stepsBack.map({ target - $0 }) + [nil] {
      switch sampler.land(in: input, at: start) {
      case .frame where sampler.hasLanded(before: target) || start == nil: return true
      case .interrupted: return nil
      default: continue
      }
    }
    return false
  }

  // MARK: A live source that breaks off

  private func reconnect(after reason: String) {
    let noticedAt = monotonicSeconds()
    let lostAt = min(input?.lastFrameAt ?? noticedAt, sampler.dueTime ?? noticedAt)
    let sendsAsTaken = !reconnection.hasOutrunTheClock(at: sampler.time, clock: noticedAt)
    reconnection.noteLost(at: noticedAt)
    let isTried = reconnection.delay(at: noticedAt) != nil
    if isTried, let line = signal.lost(because: reason, at: noticedAt) { shared.warn(line) }
    shared.note(signalLoss: SignalLoss(streamTime: sampler.time, date: Double(time(nil)) - (noticedAt - lostAt)))
    var playlist: PlaylistProgress?
    if let input {
      if input.isHLS {
        playlist = PlaylistProgress(
          of: source, lostAt: lostAt, timeout: options.timeout, interrupt: shared.interrupt)
      }
      _ = sampler.finish()
      damagedBefore += input.damage.total
      // Not by its last reference: a caller's would hold the connection for as long as the source is tried.
      input.release()
    }
    sampler.hide()
    input = nil
    // The frame that it holds now was seen, or is about to be left out.
    if isTried { _ = try? playlist?.newSegments() }
    var lastError = VideoError.brokeOff(source: description.source, detail: reason)
    while let delay = reconnection.delay(at: monotonicSeconds()) {
      // A web server forgets a segment after some seconds.
      let isSoon = playlist != nil && monotonicSeconds() - noticedAt < Self.playlistPatience
      guard shared.rest(isSoon ? min(delay, Self.playlistDelay) : delay) == .completed else { return }
      reconnection.countTry()
      do throws(VideoError) {
        let segments = try playlist?.newSegments()
        guard try reopen(lostAt: lostAt, segments: segments, sendsAsTaken: sendsAsTaken) else { return end() }
        shared.note(signalLoss: nil)
        let seconds = decimal(monotonicSeconds() - lostAt, places: 1)
        if let line = signal.back(after: seconds) { shared.warn(line) }
        return
      } catch {
        if shared.interrupt.isStopped { return }
        // It sends, but nothing that can be seen: the reason why it was lost does not say so.
        if case .encrypted = error, lastError != error { shared.warn(error.description) }
        lastError = error
        if let interval = playlist?.interval { reconnection.noteAnswer(addingEvery: interval) }
      }
    }
    if isTried {
      shared.warn(
        "\(description.source) could not be reached again (tries: \(reconnection.tries), for "
          + "\(decimal(monotonicSeconds() - noticedAt, places: 0)) s); the stream ends here")
    }
    hasEnded = true
    shared.finish(failure: lastError)
  }

  /// Seconds between two tries to read a playlist, at most, for the first minute.
  private static let (playlistDelay, playlistPatience) = (1.0, 60.0)

  private func end() {
    hasEnded = true
    shared.finish()
  }

  /// - Parameters:
  ///   - lostAt: monotonic time of the last frame, in seconds.
  ///   - segments: of a playlist, those that were not read; nil for another source.
  ///   - sendsAsTaken: false for a source that has sent faster than the clock goes.
  /// - Returns: false when what is there now is not live: a playlist that its sender has closed.
  private func reopen(
    lostAt: Double, segments: PlaylistProgress.NewSegments?, sendsAsTaken: Bool
  ) throws(VideoError) -> Bool {
    var opening = options.opening
    opening.firstSegment = segments?.first
    let reopened = try MediaInput.open(source, options: opening, interrupt: shared.interrupt)
    if let window = segments?.window, let latest = sampler.latestTimestamp {
      reopened.repeated = RepeatedFrames(upTo: latest, window: window)
    }
    let first = try reopened.readFirst(timeout: options.timeout, interrupt: shared.interrupt)
    guard reopened.isLive else { return false }
    sampler.resume(with: reopened, first: first, after: lostAt, segments: segments, sendsAsTaken: sendsAsTaken)
    input = reopened
    reconnection.noteReached(at: sampler.time, clock: monotonicSeconds())
    reopened.startPacketReader()
    return true
  }
}

extension VideoStreamOptions {
  /// Of a row of images, each is sampled once.
  fileprivate var opening: MediaInput.OpeningOptions {
    MediaInput.OpeningOptions(timeout: timeout, imageRate: framesPerSecond)
  }
}

extension VideoDescription {
  /// - Parameters:
  ///   - duration: of all recordings, in seconds.
  ///   - size: the displayed size of the first frame.
  ///   - sampledSize: the size of the sampled frames.
  fileprivate init(of input: MediaInput, duration: Double?, size: ImageSize, sampledSize: ImageSize) {
    let containers = String(cString: input.format.pointee.iformat.pointee.name).split(separator: ",")
    self.init(
      source: input.source.displayName, size: size, sampledSize: sampledSize,
      duration: duration, framesPerSecond: input.averageRate,
      codec: MediaInput.codecName(of: input.stream), container: containers.first.map(String.init) ?? "",
      isLive: input.isLive, isSeekable: input.isSeekable && !input.isLive)
  }
}
