// SPDX-License-Identifier: Apache-2.0

import Foundation
import Images
import Records
import Video

/// What `doctor --source` finds at the address of a video.
struct SourceFindings {
  let description: VideoDescription
  /// Seconds from the beginning to the first frame.
  let openingSeconds: Double
  /// Frames a second that a live source really sent, of those that differ from the one before; nil for others.
  let measuredRate: Double?
  /// What a user of the stream would be told.
  let warnings: [String]

  /// Live sources are watched for this long, in seconds.
  private static let watchSeconds = 4.0
  /// Frames that are counted are sampled at this rate at most.
  private static let countedRate = 120.0

  /// Opens a source as the screen does, and watches a live one for some seconds.
  ///
  /// - Throws: `VideoError`, with the words in which `--video` says it.
  static func gather(_ source: VideoSource, timeout: Double?) async throws(VideoError) -> SourceFindings {
    var options = VideoStreamOptions(framesPerSecond: countedRate, reconnection: .init(limit: .never))
    if let timeout { options.timeout = timeout }
    let start = ContinuousClock.now
    let stream = try await VideoStream.open(source, options: options)
    defer { stream.stop() }
    let opened = (ContinuousClock.now - start) / .seconds(1)
    let rate = stream.description.isLive ? await measuredRate(of: stream) : nil
    if let failure = stream.failure { throw failure }
    return SourceFindings(
      description: stream.description, openingSeconds: opened, measuredRate: rate, warnings: stream.takeWarnings())
  }

  /// Counts what comes. A timer ends the wait for a source that sends nothing more.
  private static func measuredRate(of stream: VideoStream) async -> Double {
    let timer = Task {
      try? await Task.sleep(for: .seconds(watchSeconds))
      stream.stop()
    }
    defer { timer.cancel() }
    var times: (first: Double, last: Double)?
    var newest: Image?
    var count = 0
    // A slow source's frames are sampled again and again until the next one comes.
    for await frame in stream where frame.image != newest {
      times = (times?.first ?? frame.time, frame.time)
      newest = frame.image
      count += 1
    }
    let seconds = times.map { $0.last - $0.first } ?? 0
    return count > 1 && seconds > 0 ? Double(count - 1) / seconds : 0
  }

  /// How the source is reached, for people.
  private var way: String {
    let source = VideoSource(description.source)
    return switch source {
    case .url(let address): address.prefix { $0 != ":" }.lowercased()
    case .device: "capture device"
    case .file: "file"
    case .standardInput: "standard input"
    }
  }

  func text(style: ReportStyle) -> String {
    var rows = [
      ("source", description.source), ("reached by", way),
      ("container", description.container), ("codec", description.codec),
      ("frames", "\(description.size.width) × \(description.size.height)"),
    ]
    if let rate = description.framesPerSecond {
      rows.append(("rate", "\(decimal(rate, places: 1)) a second, as stated"))
    }
    if let measuredRate {
      rows.append(
        ("", "\(decimal(measuredRate, places: 1)) different ones a second came in \(Int(Self.watchSeconds)) s"))
    }
    if let duration = description.duration { rows.append(("length", clock(duration))) }
    rows.append(("live", description.isLive ? "yes" : "no"))
    rows.append(("first frame", "after \(decimal(openingSeconds, places: 2)) s"))
    let lines = rows.map { label, value in
      style.bold(label.padding(toLength: 14, withPad: " ", startingAt: 0)) + visible(value)
    }
    return (lines + warnings.map { style.bad("!") + " " + style.wrapped(visible($0), indent: 2) })
      .joined(separator: "\n")
  }

  var json: OrderedJSON {
    var members: [(String, OrderedJSON)] = [
      ("source", .string(description.source)), ("status", "ok"), ("protocol", .string(way)),
      ("container", .string(description.container)), ("codec", .string(description.codec)),
      ("width", .integer(description.size.width)), ("height", .integer(description.size.height)),
      ("is_live", .bool(description.isLive)), ("first_frame_seconds", .number(openingSeconds)),
    ]
    if let rate = description.framesPerSecond { members.append(("frames_per_second", .number(rate))) }
    if let measuredRate { members.append(("measured_frames_per_second", .number(measuredRate))) }
    if let duration = description.duration { members.append(("duration", .number(duration))) }
    if !warnings.isEmpty { members.append(("warnings", .array(warnings.map { .string($0) }))) }
    return .object(members)
  }

  /// The same where the source cannot be read.
  static func json(_ error: VideoError, source: VideoSource) -> OrderedJSON {
    ["source": .string(source.displayName), "status": "error", "message": .string(error.description)]
  }
}
