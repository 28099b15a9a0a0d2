// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Images
import Platform

/// Keeps the frame on show and hands it out for every sampling instant until the next one is shown; makes previews too.
///
/// Used by the decoding thread alone.
final class FrameSampler {
  private let fitter: FrameFitter
  private let shared: SharedStreamState
  private let previews: PreviewFeed?
  private let isLive: Bool
  private let isPlaylist: Bool
  /// True when frames are handed out no earlier than the stream's own clock shows their time.
  private let isPaced: Bool

  private var timeline: PresentationTimeline
  private var clock: FrameSamplingClock
  private var liveClock: LiveClock
  /// The latest frame's stream time and when it came, in monotonic seconds.
  private var latestArrival: (time: Double, clock: Double)?
  /// The latest frame's timestamp, in seconds; nil where it has none.
  private(set) var latestTimestamp: Double?
  /// Seconds between the latest two frames of a live source.
  private var latestStep = 0.0
  /// Of a source that was opened again and sends frames as they are taken; nil for any other.
  private var resumedTimes: ResumedTimes?

  /// The decoded frame on show, whose sampling instants end when the next one begins.
  private var shown: DecodedFrame
  /// Takes the next decoded frame.
  private var next: DecodedFrame
  /// When the next frame begins, and for how long it is shown, in seconds; nil while none has been read.
  private var upcoming: (time: Double, duration: Double)?
  /// When the frame on show began, and for how long it is shown, in seconds.
  private(set) var time = 0.0
  private(set) var duration = 0.0
  /// False until a frame is on show again: after the end, while muted, after a jump.
  private(set) var isShowing = false
  /// Frames that could not be converted.
  private(set) var unconvertedCount = 0

  /// Stream time up to which a jump only decodes, in seconds.
  private var quietUntil = 0.0
  /// The latest preview.
  private var preview: (image: Image, time: Double)?

  /// Seconds of a live source between the instants sampled so far and its next frame beyond which its timestamps have
  /// jumped.
  private static let longestLiveStill = 5.0
  /// Seconds between two frames of a live source that come at once beyond which its timestamps have jumped, and how
  /// many of its usual steps that are at least: frames of a slow camera may all be late.
  private static let (longestLateStep, mostLateFrames) = (25.0, 5.0)
  /// Seconds that a live source's next frame may come late before the frame on show is sampled in its place.
  private static let liveMargin = 0.25

  /// - Parameter first: the first decoded frame of `input`.
  init(
    of input: MediaInput, first: DecodedFrame, next: DecodedFrame, fitter: FrameFitter, shared: SharedStreamState,
    previews: PreviewFeed?, options: VideoStreamOptions
  ) {
    self.fitter = fitter
    self.shared = shared
    self.previews = previews
    isLive = input.isLive
    isPlaylist = input.isPlaylist
    isPaced = options.pace == .realtime && !input.isLive
    timeline = input.makeTimeline()
    liveClock = LiveClock(isPlaylist: input.isPlaylist)
    clock = FrameSamplingClock(rate: options.framesPerSecond, tick: input.timeBase.seconds(1))
    shown = first
    self.next = next
    show()
  }

  var endTime: Double { time + duration }

  /// When the frame on show of a live source was due, in monotonic seconds: libraries hand out the last ones only when
  /// they notice that the source is gone. nil where that cannot be told.
  var dueTime: Double? { liveClock.dueTime(ofFrameAt: time) }

  /// Puts the first frame of an input on show, which lies in `shown`.
  private func show() {
    place()
    isShowing = true
    clock.skip(to: time)
    noteArrival(of: time)
  }

  private func place() {
    latestTimestamp = shown.timestamp.map(timeline.timeBase.seconds)
    (time, duration) = timeline.place(timestamp: shown.timestamp, duration: shown.duration)
  }

  private func noteArrival(of time: Double) {
    guard isLive else { return }
    let now = monotonicSeconds()
    latestArrival = (time, now)
    liveClock.note(frameAt: time, arrivingAt: now)
    shared.note(liveClock: liveClock)
  }

  /// Takes back a jump of a live source's timestamps that no pause explains, for this frame and all after it: an
  /// instant that somebody waits for would come too early.
  /// - Returns: by how many seconds the frame comes later, below 0 after a jump and 0 without.
  private func jumpTakenBack(at time: Double) -> Double {
    guard isLive, !isPlaylist, let latestArrival else { return 0 }
    let jump = time - latestArrival.time - (monotonicSeconds() - latestArrival.clock)
    guard jump > max(Self.longestLateStep, Self.mostLateFrames * latestStep) else {
      latestStep = time - latestArrival.time
      return 0
    }
    timeline.delay(by: -jump)
    return -jump
  }

  /// Delays a frame of a source that was opened again, and all after it.
  /// - Returns: by how many seconds.
  private func delay(ofFrameAt time: Double) -> Double {
    guard let seconds = resumedTimes?.delay(ofFrameAt: time, arrivingAt: monotonicSeconds()), seconds != 0 else {
      return 0
    }
    timeline.delay(by: seconds)
    if seconds > 0 { liveClock.delay(by: seconds) }
    return seconds
  }

  // MARK: One frame after the other

  /// Decodes the next frame, which `showNext` takes.
  func read(from input: MediaInput) -> MediaInput.Reading {
    if upcoming != nil { return .frame }
    let reading = input.read(into: next)
    if reading == .frame {
      latestTimestamp = next.timestamp.map(timeline.timeBase.seconds)
      var (time, duration) = timeline.place(timestamp: next.timestamp, duration: next.duration)
      // A frame that FFmpeg kept back until its time-out came before that.
      if !input.isOverdue {
        time += jumpTakenBack(at: time)
        time += delay(ofFrameAt: time)
        noteArrival(of: time)
      }
      upcoming = (time, duration)
    }
    return reading
  }

  /// Samples the frame on show up to the one that was read, and shows that one. While muted neither happens.
  func showNext(isMuted: Bool) {
    guard let upcoming else { return }
    defer { forgetNext() }
    if isMuted {
      isShowing = false
      return
    }
    if isShowing {
      let isJump = isLive && upcoming.time - max(time, clock.time(of: clock.next)) > Self.longestLiveStill
      guard sample(before: isJump ? min(upcoming.time, endTime) : upcoming.time) == .completed else {
        return
      }
      if isJump { clock.skip(to: upcoming.time) }
    } else {
      clock.skip(to: upcoming.time)
    }
    guard pace(to: upcoming.time) == .completed else { return }
    advance(to: upcoming)
    if time >= quietUntil { showPreview() }
  }

  private func advance(to upcoming: (time: Double, duration: Double)) {
    swap(&shown, &next)
    (time, duration, isShowing) = (upcoming.time, upcoming.duration, true)
  }

  private func forgetNext() {
    upcoming = nil
    next.clear()
  }

  /// Hands out the frame on show of a live source for the instants that have passed, while the next frame is long in
  /// coming. Instants that pass during a pause are left out.
  func sampleHeld() {
    guard isLive, isShowing, upcoming == nil, let now = liveClock.streamTime(at: monotonicSeconds()) else { return }
    let end = now - Self.liveMargin
    guard clock.time(of: clock.next) < end else { return }
    if let resumedAt = shared.takeResumption(), let passed = liveClock.streamTime(at: resumedAt) {
      clock.skip(to: passed - Self.liveMargin)
    }
    if shared.isPaused {
      clock.skip(to: end)
    } else if shared.hasRoom {
      _ = sample(before: end)
    }
  }

  /// Samples the frame on show to its end; nothing is on show then.
  func finish() -> SharedStreamState.WaitResult {
    guard isShowing else { return .completed }
    if preview?.time ?? -1 < time { showPreview(isForced: true) }
    let result = sample(before: endTime)
    if result == .completed { isShowing = false }
    return result
  }

  /// Hands out the frame on show for every instant before `end` at which it is shown.
  private func sample(before end: Double) -> SharedStreamState.WaitResult {
    var image: Image?
    for instant in clock.instants(before: end) {
      let time = clock.time(of: instant)
      guard pace(to: time) == .completed else { return .interrupted }
      repeatPreview(at: time)
      if image == nil { image = fitter.sample(shown) }
      guard let image else {
        unconvertedCount += 1
        return .completed
      }
      guard shared.push(Frame(time: time, index: instant, image: image)) == .completed else { return .interrupted }
    }
    return .completed
  }

  private func pace(to time: Double) -> SharedStreamState.WaitResult {
    guard isPaced, time >= quietUntil else { return .completed }
    return shared.wait(forStreamTime: time)
  }

  // MARK: Previews

  /// Previews the frame on show, where a preview is due.
  /// - Parameter isForced: whether it is made even if the one before has only just been shown.
  func showPreview(isForced: Bool = false) {
    guard let previews, previews.isDue() || isForced,
      let image = fitter.preview(shown, box: previews.size)
    else { return }
    let shownAt = max(time, quietUntil)
    preview = (image, shownAt)
    previews.show(image, time: shownAt)
  }

  /// Says that the frame on show is still on show, so that a screen's clock goes on.
  private func repeatPreview(at time: Double) {
    guard let previews, let preview, time > preview.time + Self.longestUnsaid, previews.isDue() else { return }
    self.preview?.time = time
    previews.show(preview.image, time: time)
  }

  /// Seconds for which a screen's clock may stand while a frame is on show.
  private static let longestUnsaid = 0.4

  // MARK: Another recording of the same file

  /// Goes on with the recording that begins at `beginning`, in seconds. The frame on show stays until its first one is
  /// due.
  func follow(with input: MediaInput, first: DecodedFrame, beginning: Double) {
    timeline = input.makeTimeline(beginning: beginning)
    next = first
    upcoming = timeline.place(timestamp: first.timestamp, duration: first.duration)
  }

  /// Where the recording begins that is read, in seconds.
  var beginning: Double { timeline.beginning }

  // MARK: Jumps

  /// Takes what is on show away.
  func hide() { isShowing = false }

  /// Moves the input and decodes one frame, which is not on show yet.
  /// - Parameter target: where to, in seconds; nil for the first byte.
  func land(in input: MediaInput, at target: Double?) -> MediaInput.Reading {
    shown.clear()
    forgetNext()
    if let target {
      guard input.seek(to: target - timeline.beginning) else { return .end }
      timeline.expectJump()
    } else {
      guard input.rewind() else { return .end }
      timeline.expectBeginning()
    }
    let reading = readNow(from: input)
    if reading == .frame { place() }
    return reading
  }

  private func readNow(from input: MediaInput) -> MediaInput.Reading {
    while true {
      let reading = input.read(into: shown)
      guard reading == .nothingYet else { return reading }
      if shared.rest(MediaInput.restSeconds) == .interrupted { return .interrupted }
    }
  }

  /// True when the frame that was landed on begins no later than `target`.
  func hasLanded(before target: Double) -> Bool { time <= target + clock.tolerance }

  /// Goes on from the first sampling instant at or after `target`.
  /// - Parameter hasLanded: whether the frame that was landed on is shown.
  func resume(at target: Double, hasLanded: Bool) {
    isShowing = hasLanded
    clock.restart(at: target)
    if hasLanded { clock.skip(to: time) }
    quietUntil = target
  }

  /// Decodes on to the frame that is shown at the target of a jump, also while the stream is paused.
  /// - Returns: whether the input ended before it.
  func advanceToTarget(in input: MediaInput) -> Bool {
    guard isShowing else { return false }
    reading: while !shared.isInterrupted {
      switch read(from: input) {
      case .frame:
        guard let upcoming, upcoming.time <= quietUntil + clock.tolerance else { break reading }
        advance(to: upcoming)
        forgetNext()
      case .nothingYet:
        _ = shared.rest(MediaInput.restSeconds)
      case .end: return true
      case .interrupted, .lost: break reading
      }
    }
    return false
  }

  /// The stream ends before the target of a jump: goes on from the last instant of its last frame.
  func stopShort() {
    quietUntil = lastInstant(before: endTime)
    clock.restart(at: quietUntil)
  }

  /// Hands out the frame at the target of a jump while the stream is paused, so that the model sees what the screen
  /// shows.
  func sampleTargetInPause() {
    guard isShowing, shared.isPaused, let image = fitter.sample(shown) else { return }
    let shownAt = max(time, quietUntil)
    let next = clock.next
    let isAtInstant = clock.time(of: next) <= shownAt + clock.tolerance
    let frame = Frame(time: shownAt, index: isAtInstant ? next : max(0, next - 1), image: image)
    if shared.pushInPause(frame), isAtInstant { _ = clock.instants(before: clock.time(of: next + 1)) }
  }

  /// The last sampling instant that comes before `time`, in seconds.
  func lastInstant(before time: Double) -> Double { clock.time(of: clock.lastInstant(before: time)) }

  // MARK: A source opened again

  /// Goes on with another input of the same source.
  ///
  /// - Parameters:
  ///   - lostAt: monotonic time of the last frame of the former one, in seconds. The time of the stream has moved on
  ///     until the new one began to send, which was before its first frames were looked at.
  ///   - segments: of a playlist, those that are read: the latest begins now, and the others come before it.
  ///   - sendsAsTaken: false for a source that has sent faster than the clock goes.
  func resume(
    with input: MediaInput, first: DecodedFrame, after lostAt: Double, segments: PlaylistProgress.NewSegments?,
    sendsAsTaken: Bool
  ) {
    let now = max(time + max(0, input.openedAt - lostAt), liveClock.streamTime(at: input.openedAt) ?? 0)
    // A playlist that repeats what was seen goes on by its own timestamps.
    let gap = input.repeated?.gap(before: first.timestamp.map(input.timeBase.seconds))
    let beginning =
      segments.map { min(now, max(gap.map { time + $0 } ?? (now - $0.span), clock.time(of: clock.next))) } ?? now
    timeline = timeline.resumed(at: beginning, timeBase: input.timeBase)
    liveClock = LiveClock(isPlaylist: input.isPlaylist)
    forgetNext()
    shown = first
    show()
    if let segments {
      resumedTimes = ResumedTimes(streamTime: now, openedAt: input.openedAt, segment: segments.longestDuration)
    } else {
      resumedTimes =
        sendsAsTaken && !input.isPlaylist
        ? ResumedTimes(firstFrameAt: time, openedAt: input.openedAt, arrivingAt: monotonicSeconds()) : nil
    }
    showPreview(isForced: true)
  }
}
