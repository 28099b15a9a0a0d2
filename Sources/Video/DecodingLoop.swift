// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Images
import Platform
import Records

/// The work of the decoding thread: reads, decides what is sampled and shown when, and does what the user asks.
///
/// After ``run()`` has begun, only its thread touches it; what is shared lies in `control` and `previews`.
final class DecodingLoop: @unchecked Sendable {
  private let source: VideoSource
  private let options: FrameSamplingOptions
  private let control: StreamControl
  private let previews: PreviewFeed?
  private let converter: FrameConverter
  let description: VideoDescription

  /// nil while a lost source is away, and after the last picture of one that cannot be rewound.
  private var input: MediaInput?
  private var timeline: PresentationTimeline
  private var clock: FrameSamplingClock

  /// The picture being shown, whose sampling instants end when the next one begins.
  private var held: DecodedFrame
  private var incoming: DecodedFrame
  private var heldTime = 0.0
  private var heldDuration = 0.0
  private var isHolding = false

  /// Stream time up to which a seek only decodes and shows nothing.
  private var quietUntil = 0.0
  private var owesPreview = true
  private var hasEnded = false
  private var damagedBefore = 0
  private var reportedDamage = 0
  private var nextDamageReport = 0.0
  private var hasReportedEnd = false
  /// Stream time and monotonic clock at the source's first picture since it was last reached.
  private var reached = (streamTime: 0.0, clock: 0.0)
  /// Tries to reach a lost source since it last stayed for a while.
  private var triesInARow = 0
  private static let whileInSeconds = 10.0

  /// A gap of a live source longer than this, in seconds, is a gap and not a still picture.
  private static let longestLiveStill = 5.0

  /// Opens the source and decodes its first picture. Blocks; the control's interruption ends it.
  init(
    source: VideoSource, options: FrameSamplingOptions, interruption: IOInterrupt
  ) throws(VideoError) {
    try options.check()
    let input = try MediaInput.open(source, timeout: options.timeout, interruption: interruption)
    guard let held = DecodedFrame(), let incoming = DecodedFrame() else {
      throw .unreadable(source: source.displayName, detail: "out of memory")
    }
    try Self.readFirst(of: input, into: held, timeout: options.timeout, interruption: interruption)
    let shape = FrameShape(of: held.pointer, in: input)
    guard let sampledSize = options.sizing.sampledSize(of: shape.size) else {
      throw .tooElongated(source: source.displayName, width: shape.size.width, height: shape.size.height)
    }
    converter = FrameConverter(sampledSize: sampledSize, displayedSize: shape.size)
    description = Self.describe(input, shape: shape, sampledSize: sampledSize)
    self.source = source
    self.options = options
    self.input = input
    self.held = held
    self.incoming = incoming
    timeline = input.makeTimeline()
    clock = FrameSamplingClock(rate: options.framesPerSecond, tick: input.timeBase.seconds(1))
    let dropsOldest = options.queue == .dropOldest || (options.queue == .automatic && input.isLive)
    control = StreamControl(capacity: options.queueCapacity, dropsOldest: dropsOldest, interruption: interruption)
    previews = options.previewSize.map { PreviewFeed(size: $0, rate: options.previewRate) }
    hold(firstOf: input)
  }

  var sharedControl: StreamControl { control }
  var sharedPreviews: PreviewFeed? { previews }

  // MARK: The loop

  /// Works until the stream is stopped, or has ended for good.
  func run() {
    while true {
      switch control.nextTurn(isLive: description.isLive, hasEnded: hasEnded) {
      case .stop:
        previews?.finish()
        input = nil
        control.markClosed()
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
    switch input.read(into: incoming) {
    case .image:
      let (time, duration) = timeline.place(timestamp: incoming.timestamp, duration: incoming.duration)
      if isMuted { isHolding = false } else { accept(time: time, duration: duration) }
      incoming.clear()
    case .nothingYet:
      _ = control.rest(0.005)
    case .interrupted:
      break
    case .lost(let reason, let isProperEnd):
      if input.isLive, !(isProperEnd && hasOutrunTheClock) {
        reconnect(after: reason)
      } else if input.isLive {
        input.drain()
      } else {
        control.warn(
          "\(description.source) broke off at \(decimal(heldTime, places: 1)) s (\(reason)); going on with what came")
        hasReportedEnd = true
        input.drain()
      }
    case .end:
      finish()
    }
    reportDamageOfLiveSource()
  }

  /// Takes in the next picture, which is in `incoming`.
  private func accept(time: Double, duration: Double) {
    if isHolding {
      let isGap = description.isLive && time - heldTime > Self.longestLiveStill
      guard sampleHeld(before: isGap ? min(time, heldTime + heldDuration) : time) == .goOn else { return }
      if isGap { clock.skip(to: time) }
    } else {
      clock.skip(to: time)
    }
    if time > quietUntil, owesPreview, isHolding { showPreview() }
    guard pace(to: time) == .goOn else { return }
    swap(&held, &incoming)
    (heldTime, heldDuration, isHolding) = (time, duration, true)
    if time >= quietUntil { showPreview() }
  }

  /// Hands out the held picture for every instant before `end` at which it is shown.
  private func sampleHeld(before end: Double) -> StreamControl.WaitResult {
    let instants = clock.instants(before: end)
    guard !instants.isEmpty, let input else { return .goOn }
    var image: Image?
    for instant in instants {
      let time = clock.time(of: instant)
      guard pace(to: time) == .goOn else { return .interrupted }
      if image == nil { image = converter.sample(held.pointer, of: input) }
      guard let image else {
        // A frame that cannot be converted: counted with the damaged ones.
        damagedBefore += 1
        return .goOn
      }
      guard control.push(Frame(time: time, index: instant, image: image)) == .goOn else {
        return .interrupted
      }
    }
    return .goOn
  }

  private func pace(to time: Double) -> StreamControl.WaitResult {
    guard options.pace == .realtime, !description.isLive, time >= quietUntil else { return .goOn }
    return control.wait(forStreamTime: time)
  }

  private func showPreview() {
    guard let previews, let input, previews.isDue() else { return }
    owesPreview = false
    if let image = converter.preview(held.pointer, of: input, box: previews.size) {
      previews.show(image, time: heldTime)
    }
  }

  // MARK: Beginning and end

  private func hold(firstOf input: MediaInput) {
    (heldTime, heldDuration) = timeline.place(timestamp: held.timestamp, duration: held.duration)
    isHolding = true
    clock.skip(to: heldTime)
    reached = (heldTime, monotonicSeconds())
  }

  /// Whether a source without a stated length has sent far more than time has passed since it was reached: then it was
  /// a recording, and reaching it again would only show it again.
  private var hasOutrunTheClock: Bool {
    heldTime - reached.streamTime > monotonicSeconds() - reached.clock + 5
  }

  private func finish() {
    if isHolding {
      guard sampleHeld(before: heldTime + heldDuration) == .goOn else { return }
      isHolding = false
    }
    hasEnded = true
    reportEnd()
    control.finish()
  }

  private func reportEnd() {
    guard let input else { return }
    let damaged = damagedBefore + input.damagedCount
    if damaged > reportedDamage {
      control.warn("\(description.source): \(damaged) damaged pictures or packets were skipped or patched up")
      reportedDamage = damaged
    }
    guard !hasReportedEnd, !input.isLive else { return }
    hasReportedEnd = true
    let end = heldTime + heldDuration
    if let stated = input.statedVideoDuration, stated - end > max(0.25, 2.5 * heldDuration) {
      control.warn(
        "\(description.source) is cut off: it ends at \(decimal(end, places: 1)) s of \(decimal(stated, places: 1)) s")
    } else if let reason = input.readFailure {
      control.warn("\(description.source): reading broke off at \(decimal(end, places: 1)) s (\(reason))")
    }
  }

  /// A live stream has no end at which the damage could be summed up, so it is said now and then.
  private func reportDamageOfLiveSource() {
    guard let input, input.isLive, damagedBefore + input.damagedCount > reportedDamage else { return }
    let now = monotonicSeconds()
    guard now >= nextDamageReport else { return }
    nextDamageReport = now + 60
    reportedDamage = damagedBefore + input.damagedCount
    control.warn(
      "\(description.source): \(reportedDamage) damaged pictures or packets so far were skipped or patched up")
  }

  // MARK: Seeking

  private func seek(to wished: Double) {
    guard let input, description.isSeekable else {
      control.warn("\(description.source) cannot be moved in")
      return
    }
    // At the very end nothing would be left to see.
    let last = description.duration.map { max(0, $0 - 1 / (description.framesPerSecond ?? 25)) } ?? .infinity
    let target = min(max(wished, 0), last)
    isHolding = false
    // Containers without an index land late at times: then from further back, in the end from the first byte.
    let stepsBack = [0, 2, 10, 60].filter { $0 < target } + [target]
    landing: for from in stepsBack.map({ target - $0 }) + [nil] {
      switch land(in: input, at: from) {
      case .image where heldTime <= target + clock.tolerance || from == nil:
        isHolding = true
        break landing
      case .interrupted:
        return
      default:
        continue
      }
    }
    clock.restart(at: target)
    if isHolding {
      clock.skip(to: heldTime)
    } else {
      control.warn("\(description.source): nothing can be decoded at \(decimal(target, places: 1)) s")
    }
    quietUntil = target
    owesPreview = true
    hasEnded = false
    hasReportedEnd = true
    control.restartClock()
  }

  /// Moves the input and decodes one picture into `held`.
  /// - Parameter time: where to; nil for the first byte.
  private func land(in input: MediaInput, at time: Double?) -> MediaInput.Reading {
    held.clear()
    if let time {
      guard input.seek(to: time) else { return .end }
      timeline.expectJump()
    } else {
      guard input.rewind() else { return .end }
      timeline.expectBeginning()
    }
    let reading = readNow(from: input)
    if reading == .image {
      (heldTime, heldDuration) = timeline.place(timestamp: held.timestamp, duration: held.duration)
    }
    return reading
  }

  private func readNow(from input: MediaInput) -> MediaInput.Reading {
    while true {
      let reading = input.read(into: held)
      guard reading == .nothingYet else { return reading }
      if control.rest(0.005) == .interrupted { return .interrupted }
    }
  }

  // MARK: A live source that breaks off

  private func reconnect(after reason: String) {
    control.warn("\(description.source) broke off (\(reason)); trying to reach it again")
    if isHolding { _ = sampleHeld(before: heldTime + heldDuration) }
    isHolding = false
    damagedBefore += input?.damagedCount ?? 0
    input = nil
    let lostAt = monotonicSeconds()
    // A source that comes back only to go again at once must not be tried for ever.
    if lostAt - reached.clock > Self.whileInSeconds { triesInARow = 0 }
    var lastError = VideoError.unreachable(source: description.source, detail: reason)
    while triesInARow < options.reconnection.attempts {
      guard rest(delayBeforeTry: triesInARow) == .goOn else { return }
      triesInARow += 1
      do throws(VideoError) {
        try resume(lostAt: lostAt)
        control.warn("\(description.source) is back after \(decimal(monotonicSeconds() - lostAt, places: 1)) s")
        return
      } catch {
        if control.interruption.isStopped { return }
        lastError = error
      }
    }
    control.warn(
      "\(description.source) could not be reached again (tries: \(triesInARow), for "
        + "\(decimal(monotonicSeconds() - lostAt, places: 0)) s); the stream ends here")
    hasEnded = true
    control.finish(failure: lastError)
  }

  /// Waits before the next try, twice as long as before the last; a stop ends the wait.
  private func rest(delayBeforeTry number: Int) -> StreamControl.WaitResult {
    var delay = options.reconnection.firstDelay
    for _ in 0..<min(number, 30) { delay *= 2 }
    return control.rest(min(delay, options.reconnection.longestDelay))
  }

  private func resume(lostAt: Double) throws(VideoError) {
    let reopened = try MediaInput.open(source, timeout: options.timeout, interruption: control.interruption)
    held.clear()
    try Self.readFirst(of: reopened, into: held, timeout: options.timeout, interruption: control.interruption)
    let time = heldTime + monotonicSeconds() - lostAt
    timeline = timeline.resumed(at: time, timeBase: reopened.timeBase)
    input = reopened
    hold(firstOf: reopened)
  }

  // MARK: Opening

  private static func readFirst(
    of input: MediaInput, into frame: DecodedFrame, timeout: Double, interruption: IOInterrupt
  ) throws(VideoError) {
    let name = input.source.displayName
    let limit = monotonicSeconds() + timeout
    while true {
      switch input.read(into: frame) {
      case .image: return
      case .nothingYet:
        if interruption.isStopped { throw .cancelled(source: name) }
        if monotonicSeconds() > limit { throw .timedOut(source: name, seconds: timeout) }
        var pause = timespec(tv_sec: 0, tv_nsec: 5_000_000)
        nanosleep(&pause, nil)
      case .interrupted: throw .cancelled(source: name)
      case .lost(let reason, _): throw input.errorWithoutImage(after: reason)
      case .end: throw input.errorWithoutImage(after: nil)
      }
    }
  }

  private static func describe(_ input: MediaInput, shape: FrameShape, sampledSize: ImageSize) -> VideoDescription {
    VideoDescription(
      source: input.source.displayName, size: shape.size, sampledSize: sampledSize,
      duration: input.isLive ? nil : input.statedVideoDuration ?? input.duration, framesPerSecond: input.averageRate,
      codec: MediaInput.codecName(of: input.stream),
      container: String(cString: input.format.pointee.iformat.pointee.name).split(separator: ",").first.map(String.init)
        ?? "",
      isLive: input.isLive, isSeekable: input.isSeekable && !input.isLive)
  }
}
