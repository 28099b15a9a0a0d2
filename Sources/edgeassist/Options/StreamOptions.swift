// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Inference
import Video

/// The stream to watch, and how it is sampled.
struct StreamOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Video to watch: a file, rtsp://…, http://…, a camera such as /dev/video0, or - for standard input.",
      valueName: "source"),
    completion: .file())
  var video: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Frames sampled per second. auto: the model's own rate while something changes, ever fewer in quiet, at least "
        + "one in 10 seconds. (default: the model's own rate)", valueName: "n"))
  var fps: FrameRate?

  @Option(
    name: .customLong("cpu-share"),
    help: ArgumentHelp(
      "On the screen, compute frames in this part of the time on average, such as 50%, so that a box without a fan "
        + "stays cool; frames beyond it are left out. Questions are answered at once; a batch computes every frame. "
        + "(default: no limit)",
      valueName: "percent"))
  var cpuShare: Percentage?

  @Option(
    name: .customLong("max-pixels"),
    help: ArgumentHelp(
      "Frames of more pixels than this are scaled down. (default: the model's own limit)", valueName: "n"))
  var maximumPixels: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Read a file at its own speed (realtime) or as fast as the model takes it (fast). By default realtime on the "
        + "screen and fast in a batch.",
      valueName: "pace"))
  var pace: VideoStreamOptions.Pace?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How long to try a camera or other live source again that broke off: always, never, or a time such as 90s, 10m "
        + "or 2h. (default: always; in a batch a minute where only the end is asked about)",
      valueName: "time"))
  var reconnect: VideoStreamOptions.Reconnection.Limit?

  @Option(
    name: .customLong("signal-timeout"),
    help: ArgumentHelp(
      "How long a camera or other live source may send nothing before it counts as lost: a time such as 90s or 2m, "
        + "longer than a slow camera takes from one frame to the next. (default: 10s)",
      valueName: "time"))
  var signalTimeout: TimeSpan?

  func validate() throws {
    if case .fixed(let rate) = fps, !(rate > 0 && rate <= 240) {
      throw ValidationError("--fps must be auto, or above 0 and at most 240, not \(rate)")
    }
    if let share = cpuShare?.part, !(share > 0 && share <= 1) {
      throw ValidationError("--cpu-share must be above 0% and at most 100%")
    }
    if let maximumPixels, !(784...12_845_056).contains(maximumPixels) {
      throw ValidationError("--max-pixels must be between 784 and 12845056, not \(maximumPixels)")
    }
    if let seconds = signalTimeout?.seconds, !(1...86_400).contains(seconds) {
      throw ValidationError("--signal-timeout must be between 1s and 24h, not \(seconds)s")
    }
  }

  var settings: StreamSettings {
    var settings = StreamSettings(
      maximumPixels: maximumPixels, pace: pace, reconnection: reconnect, signalTimeout: signalTimeout?.seconds)
    if case .fixed(let rate) = fps { settings.framesPerSecond = rate }
    settings.isRateAdaptive = fps == .auto
    settings.computeShare = cpuShare?.part
    return settings
  }
}

/// A number of frames a second, or `auto`.
enum FrameRate: Equatable, ExpressibleByArgument {
  case auto
  case fixed(Double)

  init?(argument: String) {
    if argument == "auto" {
      self = .auto
    } else if let rate = Double(argument) {
      self = .fixed(rate)
    } else {
      return nil
    }
  }
}

/// `50%` or `50`.
struct Percentage: ExpressibleByArgument {
  /// From 0 to 1.
  var part: Double

  init?(argument: String) {
    guard let percent = Double(argument.hasSuffix("%") ? String(argument.dropLast()) : argument) else { return nil }
    part = percent / 100
  }
}

extension VideoStreamOptions.Pace: ExpressibleByArgument {}

extension VideoStreamOptions.Reconnection.Limit: ExpressibleByArgument {
  /// Reads `always`, `never` or a time: a number of seconds, or one with the unit s, m or h.
  public init?(argument: String) {
    switch argument {
    case "always": self = .always
    case "never": self = .never
    default:
      guard let time = TimeSpan(argument: argument) else { return nil }
      self = .seconds(time.seconds)
    }
  }
}
