// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Dialogue
import Images
import Inference
import Platform

/// Measures whether a stream costs more the longer it lasts: the time of a frame, and the resident memory of the
/// process, in some minutes of a long stream. Frames are ingested as fast as possible.
struct LongStreamBenchmark: Benchmark {
  let model: LoadedModel
  let plan: BenchmarkPlan

  /// Different frames, which are repeated.
  private static let frameCount = 4
  /// Repetitions within a minute.
  private static let partsOfMinute = 6

  private var minutes: [Int] { model.vision == nil ? [] : Array(Set(plan.minutes)).sorted() }

  var steps: Int { minutes.count }

  func measure(_ progress: BenchmarkProgress) throws -> [BenchmarkResult] {
    guard !minutes.isEmpty else { return [] }
    let dialogue = try VideoDialogue(model: model, options: plan.dialogueOptions)
    var ingest = FrameIngest(into: dialogue)
    let size = model.frameSize(plan)
    try dialogue.check(framesOf: size.width, by: size.height, questions: [])
    var noise = NoiseFrames(size: size)
    let frames = noise.next(Self.frameCount)
    let rate = model.preferences.framesPerSecond
    func secondsPerFrame(untilSecond end: Double) throws -> Double {
      let first = ingest.framesSeen
      let taken = try secondsTaken {
        while Double(ingest.framesSeen) / rate < end {
          try progress.check()
          let seen = ingest.framesSeen
          try ingest.add(frames[seen % frames.count], at: Double(seen) / rate)
          while try ingest.step() {}
        }
      }
      return taken / Double(max(ingest.framesSeen - first, 1))
    }
    var results: [BenchmarkResult] = []
    for minute in minutes {
      try progress.begin("minute \(minute) of a long stream")
      let start = Double(60 * (minute - 1))
      _ = try secondsPerFrame(untilSecond: start)
      let seconds = try (1...Self.partsOfMinute).map {
        try secondsPerFrame(untilSecond: start + Double(60 * $0) / Double(Self.partsOfMinute))
      }
      if let value = MedianRange(seconds) {
        results.append(
          BenchmarkResult(
            .longStream, condition: "minute \(minute), frame", unit: .seconds, value: value,
            note: "frames of \(size.width) × \(size.height), a budget of \(plan.budget) tokens"))
      }
      if let value = MedianRange([Double(ResidentMemory.current())]) {
        results.append(
          BenchmarkResult(.longStream, condition: "minute \(minute), memory", unit: .bytes, value: value))
      }
    }
    return results
  }
}
