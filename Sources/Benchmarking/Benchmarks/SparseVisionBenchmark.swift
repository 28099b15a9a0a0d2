// SPDX-License-Identifier: Apache-2.0

import Architectures
import Images
import Inference
import Records

/// Measures the rate of the vision tower where only a share of the image is computed, beside the dense rate, and the
/// time of finding out which share.
struct SparseVisionBenchmark: Benchmark {
  let model: LoadedModel
  let tower: VisionTower
  let plan: BenchmarkPlan

  /// Active places in percent. With all of them active the pass is dense and fills the cache.
  private static let shares = [1, 5, 10, 25, 50, 100]

  /// A way of encoding that is measured.
  private enum Pass: Hashable {
    /// Without a cache.
    case dense
    case sparse(VisionCache.Precision, percent: Int)

    var condition: String {
      switch self {
      case .dense: "dense"
      case .sparse(let precision, let percent): "\(percent) % active, \(precision.rawValue)"
      }
    }
  }

  private var passes: [Pass] {
    [.dense]
      + VisionCache.Precision.allCases.flatMap { precision in
        Self.shares.map { .sparse(precision, percent: $0) }
      }
  }

  var steps: Int { (plan.repetitions + 1) * passes.count }

  func measure(_ progress: BenchmarkProgress) throws -> [BenchmarkResult] {
    let size = model.frameSize(plan)
    var noise = NoiseFrames(size: size)
    let frames = (noise.next(), noise.next())
    let grid = tower.configuration.tokenGrid(width: size.width, height: size.height)
    let precisions = VisionCache.Precision.allCases
    let caches = Dictionary(uniqueKeysWithValues: precisions.map { ($0, VisionCache(precision: $0)) })
    for cache in caches.values { _ = try tower.encode(frames.0, frames.1, cache: cache) }
    var seconds: [Pass: [Double]] = [:]
    // Passes alternate, so that a change of the machine's speed affects all of them. Repetition 0 is a warm-up.
    for repetition in 0...plan.repetitions {
      for pass in passes {
        try progress.begin("vision, \(pass.condition)")
        let taken = try secondsTaken { () throws(ModelError) in
          switch pass {
          case .dense: _ = try tower.encode(frames.0, frames.1)
          case .sparse(let precision, let percent):
            _ = try tower.encode(
              frames.0, frames.1, cache: caches[precision],
              active: Self.mask(percent: percent, places: grid.rows * grid.columns))
          }
        }
        if repetition > 0 { seconds[pass, default: []].append(taken) }
      }
    }
    let patchSize = tower.configuration.temporalPatchSize
    let kept = precisions.map { "\(memorySize(caches[$0]?.byteCount ?? 0)) in \($0.rawValue)" }
    let note = "frames of \(size.width) × \(size.height); kept: " + kept.joined(separator: ", ")
    let rates = passes.compactMap { pass in
      MedianRange((seconds[pass] ?? []).map { Double(patchSize) / $0 }).map {
        BenchmarkResult(
          .sparseVision, condition: pass.condition, unit: .framesPerSecond, value: $0, temporalPatchSize: patchSize,
          note: pass == .dense ? note : nil)
      }
    }
    return rates + changeMap(frames: [frames.0, frames.1])
  }

  /// The time of comparing a frame.
  private func changeMap(frames: [Image]) -> [BenchmarkResult] {
    var map = ChangeMap(cellSide: tower.configuration.patchSize * tower.configuration.spatialMergeSize)
    var seconds: [Double] = []
    for repetition in 0...plan.repetitions {
      let taken = secondsTaken { for frame in frames { _ = map.changes(in: frame) } }
      map.accept()
      if repetition > 0 { seconds.append(taken / Double(frames.count)) }
    }
    return MedianRange(seconds).map {
      [BenchmarkResult(.sparseVision, condition: "change map of a frame", unit: .seconds, value: $0)]
    } ?? []
  }

  /// The first places, row by row.
  private static func mask(percent: Int, places: Int) -> [Bool] {
    let active = max(1, (places * percent + 50) / 100)
    return (0..<places).map { $0 < active }
  }
}
