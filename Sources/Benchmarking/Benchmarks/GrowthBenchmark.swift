// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Dialogue
import Images
import Inference
import Platform

/// Measures whether a long stream costs more the longer it is watched: what a picture takes, and the process holds, in
/// some of its minutes. Pictures go in as fast as they are read.
struct GrowthBenchmark: Benchmark {
  let model: LoadedModel
  let plan: BenchmarkPlan

  private static let frameCount = 4
  /// A minute is measured in so many parts.
  private static let partsOfMinute = 6

  private var minutes: [Int] {
    model.vision != nil && plan.parts.contains(.growth) ? Array(Set(plan.minutes)).sorted() : []
  }

  var steps: Int { minutes.count }

  func measure(_ progress: RoundProgress) throws -> [BenchmarkResult] {
    guard !minutes.isEmpty else { return [] }
    let dialogue = try VideoDialogue(
      model: model,
      options: DialogueOptions(
        budget: .tokens(plan.budget), type: plan.cacheType, compression: .published(with: CompressionVariant.standard)))
    var ingest = StreamIngest(into: dialogue)
    let size = model.imageSize(plan)
    try dialogue.check(framesOf: size.width, by: size.height, questions: [])
    var maker = NoiseImages(size: size)
    let images = (0..<Self.frameCount).map { _ in maker.next() }
    let rate = model.preferences.framesPerSecond
    func watch(untilSecond end: Double) throws -> Double {
      let first = ingest.framesSeen
      let taken = try secondsTaken {
        while Double(ingest.framesSeen) / rate < end {
          try progress.check()
          let seen = ingest.framesSeen
          try ingest.add(images[seen % images.count], at: Double(seen) / rate)
          while try ingest.step() {}
        }
      }
      return taken / Double(max(ingest.framesSeen - first, 1))
    }
    var figures: [BenchmarkResult] = []
    for minute in minutes {
      try progress.begin("minute \(minute) of a stream")
      let start = Double(60 * (minute - 1))
      _ = try watch(untilSecond: start)
      let seconds = try (1...Self.partsOfMinute).map {
        try watch(untilSecond: start + Double(60 * $0) / Double(Self.partsOfMinute))
      }
      let note =
        "\(size.width) × \(size.height), \(plan.budget) tokens, the \(ingest.framesSeen)th picture at its end"
      for (value, unit) in [
        (MedianRange(seconds), BenchmarkResult.Unit.seconds), (MedianRange([Double(ResidentMemory.current())]), .bytes),
      ] {
        guard let value else { continue }
        let place = unit == .bytes ? "minute \(minute), memory" : "minute \(minute), a picture"
        figures.append(
          BenchmarkResult(.growth, place: place, unit: unit, value: value, note: unit == .bytes ? nil : note))
      }
    }
    return figures
  }
}
