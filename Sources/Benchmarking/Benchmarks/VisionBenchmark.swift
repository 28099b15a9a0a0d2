// SPDX-License-Identifier: Apache-2.0

import Architectures
import Inference

/// Measures the rate of the vision tower, from pixels to embeddings for the language model.
struct VisionBenchmark: Benchmark {
  let model: LoadedModel
  let tower: VisionTower
  let plan: BenchmarkPlan

  var steps: Int { plan.repetitions + 1 }

  func measure(_ progress: BenchmarkProgress) throws -> [BenchmarkResult] {
    let size = model.frameSize(plan)
    var noise = NoiseFrames(size: size)
    let frames = (noise.next(), noise.next())
    let condition = "\(size.width) × \(size.height)"
    var tokens = 0
    var seconds: [Double] = []
    for repetition in 0...plan.repetitions {
      try progress.begin("vision, \(condition)")
      let taken = try secondsTaken { () throws(ModelError) in tokens = try tower.encode(frames.0, frames.1).rows }
      if repetition > 0 { seconds.append(taken) }
    }
    let patchSize = tower.configuration.temporalPatchSize
    let note = "\(tokens) tokens for a temporal patch of \(patchSize) \(patchSize == 1 ? "frame" : "frames")"
    return MedianRange(seconds.map { Double(patchSize) / $0 }).map {
      [
        BenchmarkResult(
          .vision, condition: condition, unit: .framesPerSecond, value: $0, temporalPatchSize: patchSize, note: note)
      ]
    } ?? []
  }
}
