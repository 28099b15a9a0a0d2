// SPDX-License-Identifier: Apache-2.0

/// Turns a stream's timestamps, which may be missing, jump or run backwards, into seconds that never decrease.
package struct PresentationTimeline {
  /// Seconds in one tick of the timestamps: a numerator and a denominator.
  package struct TimeBase {
    /// Seconds in `denominator` ticks.
    package var numerator: Int32
    /// 0, which a damaged file may say, makes every time 0.
    package var denominator: Int32

    /// Memberwise; checks nothing.
    package init(numerator: Int32, denominator: Int32) {
      self.numerator = numerator
      self.denominator = denominator
    }

    /// Ticks in a second, rounded; 0 where there is none.
    package var ticksPerSecond: Int64 { numerator > 0 ? Int64(denominator) / Int64(numerator) : 0 }

    /// Dividing last keeps exact fractions exact to the last bit: 5120 ticks of 1/15360 s are 1/3 as `1.0 / 3` is.
    package func seconds(_ ticks: Int64) -> Double {
      denominator == 0 ? 0 : Double(ticks) * Double(numerator) / Double(denominator)
    }
  }

  /// The length of a tick.
  package let timeBase: TimeBase
  /// How long a frame lasts if it does not say, in seconds.
  package let nominalDuration: Double
  /// A step larger than this is a fault of the timestamps (a join of two recordings, a damaged field), not a pause; in
  /// seconds.
  package let longestStep: Double
  /// When the stream's own second 0 is, in seconds: other recordings may lie before it.
  package let beginning: Double
  /// The timestamp that is second 0 but for `shift`; the first one met if the container does not say.
  private var origin: Int64?
  /// Added to the stream's own times since the last mend.
  private var shift: Double
  /// The latest frame; nil at the beginning and after a jump.
  private var last: (time: Double, duration: Double)?
  private var jumps = false

  /// `origin` is the timestamp of time 0, in ticks; nil takes that of the first frame.
  package init(
    timeBase: TimeBase, origin: Int64?, nominalDuration: Double, longestStep: Double, beginning: Double = 0
  ) {
    self.timeBase = timeBase
    self.origin = origin
    self.nominalDuration = nominalDuration
    self.longestStep = longestStep
    self.beginning = beginning
    shift = beginning
  }

  /// When a frame is shown and for how long, in seconds.
  /// - Parameters:
  ///   - timestamp: in ticks; nil when the stream gives none.
  ///   - ticks: the stated duration; 0 for none.
  package mutating func place(timestamp: Int64?, duration ticks: Int64) -> (time: Double, duration: Double) {
    let stated = timeBase.seconds(ticks)
    let duration = stated > 0 && stated < longestStep ? stated : nominalDuration
    let expected = last.map { $0.time + $0.duration } ?? shift
    var time = expected
    if let timestamp {
      let start = origin ?? timestamp
      origin = start
      // The difference of two timestamps from outside may not fit.
      let (distance, overflows) = timestamp.subtractingReportingOverflow(start)
      time = timeBase.seconds(distance) + shift
      let isBelievable: Bool
      if let last {
        isBelievable = time >= last.time - max(0.1, 3 * last.duration) && time <= last.time + longestStep
      } else {
        isBelievable = jumps || (time >= shift - 1 && time <= shift + longestStep)
      }
      if overflows || !isBelievable {
        origin = timestamp
        shift = expected
        time = expected
      }
      if let last { time = max(time, last.time) }
    }
    time = min(max(time, 0), 1e9)
    last = (time, duration)
    jumps = false
    return (time, duration)
  }

  /// Shows the frame placed last, and all that come after it, this many seconds later.
  package mutating func delay(by seconds: Double) {
    shift += seconds
    if let (time, duration) = last { last = (time + seconds, duration) }
  }

  /// The next frame comes from elsewhere in the stream: its own time counts, whatever came before.
  package mutating func expectJump() {
    shift = beginning
    last = nil
    jumps = true
  }

  /// The next frame is the very first again.
  package mutating func expectBeginning() {
    shift = beginning
    last = nil
  }

  /// A timeline for the same source opened again, whose first frame is shown at `time`.
  package func resumed(at time: Double, timeBase: TimeBase) -> PresentationTimeline {
    PresentationTimeline(
      timeBase: timeBase, origin: nil, nominalDuration: nominalDuration, longestStep: longestStep, beginning: time)
  }
}
