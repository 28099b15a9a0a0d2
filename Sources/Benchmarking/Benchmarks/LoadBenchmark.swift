// SPDX-License-Identifier: Apache-2.0

import Inference

/// Loads the model, as often as the plan measures that.
struct LoadBenchmark {
  let paths: ModelPaths
  let threads: Int
  let memory: ModelLoadingOptions
  let plan: BenchmarkPlan

  /// - Returns: the model that was loaded last, and the result if loading is a part of the plan.
  func load() throws -> (model: LoadedModel, result: BenchmarkResult?) {
    var model = try LoadedModel(paths: paths, threads: threads, memory: memory)
    guard plan.parts.contains(.load) else { return (model, nil) }
    var seconds: [Double] = []
    for _ in 0..<plan.repetitions {
      seconds.append(
        try secondsTaken { model = try LoadedModel(paths: paths, threads: threads, memory: memory) })
    }
    let result = MedianRange(seconds).map {
      BenchmarkResult(.load, unit: .seconds, value: $0, note: "with the file in the page cache; weights are mapped")
    }
    return (model, result)
  }
}
