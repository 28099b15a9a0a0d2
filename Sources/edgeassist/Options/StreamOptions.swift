// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Inference
import Video

/// What to watch, and how it is sampled.
struct StreamOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("A file, rtsp://…, http://…, a camera such as /dev/video0, or - for stdin.", valueName: "src"))
  var video: String?

  @Option(
    name: .long, help: ArgumentHelp("Pictures sampled from a second. Left out: the model's own.", valueName: "n"))
  var fps: Double?

  @Option(
    name: .customLong("max-pixels"),
    help: ArgumentHelp("Largest area of a picture as the model sees it. Left out: the model's own.", valueName: "n"))
  var maximumPixels: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A file at its own speed (realtime) or as fast as the model reads (fast). Left out: realtime on a screen.",
      valueName: "pace"))
  var pace: FrameSamplingOptions.Pace?

  func validate() throws {
    if let fps, !(fps > 0 && fps <= 240) { throw ValidationError("--fps must be above 0 and at most 240, not \(fps)") }
    if let maximumPixels, !(784...12_845_056).contains(maximumPixels) {
      throw ValidationError("--max-pixels must be between 784 and 12845056, not \(maximumPixels)")
    }
  }

  var settings: StreamSettings {
    StreamSettings(framesPerSecond: fps, maximumPixels: maximumPixels, pace: pace)
  }
}

extension FrameSamplingOptions.Pace: ExpressibleByArgument {}
