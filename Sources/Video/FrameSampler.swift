// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Images

/// Keeps the frame on show and hands it out for every sampling instant until the next one is shown; makes previews too.
///
/// Used by the decoding thread alone.
final class FrameSampler {
  private let converter: FrameConverter
  private let control: StreamControl
  private let previews: PreviewFeed?
  private let isLive: Bool
  /// True when frames are handed out no earlier than the stream's own clock shows their time.
  private let isPaced: Bool

  private var timeline: PresentationTimeline
  private var clock: FrameSamplingClock

  /// The decoded frame on show, whose sampling instants end when the next one begins.
  private var shown: DecodedFrame
  /// Takes the next decoded frame.
  private var next: DecodedFrame
  /// When the frame on show began, and for how long it is shown, in seconds.
  private(set) var time = 0.0
  private(set) var duration = 0.0
  /// False until a frame is on show again: after the end, while muted, after a jump.
  private(set) var isShowing = false
  /// Frames that could not be converted.
  private(set) var unconvertedCount = 0

  /// Stream time up to which a jump only decodes, in seconds.
  private var quietUntil = 0.0
  /// True until a preview has been made since the beginning or the last jump.
  private var owesPreview = true

  /// A gap of a live source longer than this, in seconds, is a gap and not a still frame.
  private static let longestLiveStill = 5.0

  /// - Parameter first: the first decoded frame of `input`.
  init(
    of input: MediaInput, first: DecodedFrame, next: DecodedFrame, converter: FrameConverter, control: StreamControl,
    previews: PreviewFeed?, options: FrameSamplingOptions
  ) {
    self.converter = converter
    self.control = control
    self.previews = previews
    isLive = input.isLive
    isPaced = options.pace == .realtime && !input.isLive
    timeline = input.makeTimeline()
    clock = FrameSamplingClock(rate: options.framesPerSecond, tick: input.timeBase.seconds(1))
    shown = first
    self.next = next
    show()
  }

  var endTime: Double { time + duration }

  /// Puts the first frame of an input on show, which lies in `shown`.
  private func show() {
    place()
    isShowing = true
    clock.skip(to: time)
  }

  private func place() {
    (time, duration) = timeline.place(timestamp: shown.timestamp, duration: shown.duration)
  }

  // MARK: One frame after the other

  /// Decodes the next frame, which `showNext` takes.
  func read(from input: MediaInput) -> MediaInput.Reading { input.read(into: next) }

  /// Samples the frame on show up to the one that was read, and shows that one. While muted neither happens.
  func showNext(of input: MediaInput, isMuted: Bool) {
    defer { next.clear() }
    let (nextTime, nextDuration) = timeline.place(timestamp: next.timestamp, duration: next.duration)
    if isMuted {
      isShowing = false
      return
    }
    if isShowing {
      let isGap = isLive && nextTime - time > Self.longestLiveStill
      guard sample(before: isGap ? min(nextTime, endTime) : nextTime, of: input) == .completed else { return }
      if isGap { clock.skip(to: nextTime) }
    } else {
      clock.skip(to: nextTime)
    }
    if nextTime > quietUntil, owesPreview, isShowing { preview(of: input) }
    guard pace(to: nextTime) == .completed else { return }
    swap(&shown, &next)
    (time, duration, isShowing) = (nextTime, nextDuration, true)
    if time >= quietUntil { preview(of: input) }
  }

  /// Samples the frame on show to its end; nothing is on show then.
  func finish(of input: MediaInput) -> StreamControl.WaitResult {
    guard isShowing else { return .completed }
    let result = sample(before: endTime, of: input)
    if result == .completed { isShowing = false }
    return result
  }

  /// Hands out the frame on show for every instant before `end` at which it is shown.
  private func sample(before end: Double, of input: MediaInput) -> StreamControl.WaitResult {
    var image: Image?
    for instant in clock.instants(before: end) {
      let time = clock.time(of: instant)
      guard pace(to: time) == .completed else { return .interrupted }
      if image == nil { image = converter.sample(shown.pointer, of: input) }
      guard let image else {
        unconvertedCount += 1
        return .completed
      }
      guard control.push(Frame(time: time, index: instant, image: image)) == .completed else { return .interrupted }
    }
    return .completed
  }

  private func pace(to time: Double) -> StreamControl.WaitResult {
    guard isPaced, time >= quietUntil else { return .completed }
    return control.wait(forStreamTime: time)
  }

  private func preview(of input: MediaInput) {
    guard let previews, previews.isDue() else { return }
    owesPreview = false
    if let image = converter.preview(shown.pointer, of: input, box: previews.size) {
      previews.show(image, time: time)
    }
  }

  // MARK: Jumps

  /// Takes what is on show away.
  func hide() { isShowing = false }

  /// Moves the input and decodes one frame, which is not on show yet.
  /// - Parameter target: where to, in seconds; nil for the first byte.
  func land(in input: MediaInput, at target: Double?) -> MediaInput.Reading {
    shown.clear()
    if let target {
      guard input.seek(to: target) else { return .end }
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
      if control.rest(MediaInput.restSeconds) == .interrupted { return .interrupted }
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
    owesPreview = true
  }

  // MARK: A source opened anew

  /// Goes on with another input of the same source.
  ///
  /// - Parameter elapsed: seconds since the former one broke off, by which the time of the stream has moved on.
  func resume(with input: MediaInput, first: DecodedFrame, after elapsed: Double) {
    timeline = timeline.resumed(at: time + elapsed, timeBase: input.timeBase)
    shown = first
    show()
  }
}
