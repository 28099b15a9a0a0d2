// SPDX-License-Identifier: Apache-2.0

import Inference

/// Loads the model, as often as it is to be measured.
struct LoadBenchmark {
  let paths: ModelPaths
  let threads: Int
  let memory: MemoryPlan
  let plan: BenchmarkPlan

  /// - Returns: the model loaded last, and the figure if it is wanted.
  func load() throws -> (model: LoadedModel, figure: BenchmarkResult?) {
    var model = try LoadedModel(paths: paths, threads: threads, memory: memory)
    guard plan.parts.contains(.load) else { return (model, nil) }
    var seconds: [Double] = []
    for _ in 0..<plan.rounds {
      seconds.append(
        try secondsTaken { model = try LoadedModel(paths: paths, threads: threads, memory: memory) })
    }
    let figure = MedianRange(seconds).map {
      BenchmarkResult(.load, unit: .seconds, value: $0, note: "the file's header in the system's cache, weights mapped")
    }
    return (model, figure)
  }
}
