// SPDX-License-Identifier: Apache-2.0

import Compute
import Foundation
import Inference
import ModelFile
import Platform
import Records
import Synchronization

/// Measures one model on this machine, part by part.
public actor BenchmarkRunner {
  private let thread: ThreadExecutor
  private let paths: ModelPaths
  private let threads: Int
  private let memory: ModelLoadingOptions
  private let plan: BenchmarkPlan
  private let whenLoaded: @Sendable () -> Void
  private let report: @Sendable (BenchmarkStep) -> Void
  private nonisolated let stop: StopSource

  /// The thread that the model runs on.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - memory: how weights are loaded.
  ///   - stop: ends the run before the next repetition. Finished results are kept.
  ///   - whenLoaded: called when the model's files need not be opened again. They may be unlinked then.
  ///   - report: called before each repetition.
  /// - Throws: `ReportedError` with the code `insufficient_threads`.
  public init(
    paths: ModelPaths, threads: Int, memory: ModelLoadingOptions, plan: BenchmarkPlan, stop: StopSource = StopSource(),
    whenLoaded: @escaping @Sendable () -> Void = {}, report: @escaping @Sendable (BenchmarkStep) -> Void = { _ in }
  ) throws(ReportedError) {
    thread = try ThreadExecutor(reporting: "model")
    self.paths = paths
    self.threads = threads
    self.memory = memory
    self.plan = plan
    self.stop = stop
    self.whenLoaded = whenLoaded
    self.report = report
  }

  /// Measures the whole plan, or until the run is stopped.
  ///
  /// - Throws: `ReportedError` or `BenchmarkError`.
  public func run() throws -> BenchmarkReport {
    if plan.parts.isSubset(of: [.vision, .sparseVision]), !plan.parts.isEmpty, paths.vision == nil {
      throw BenchmarkError.noTower(path: paths.languageModel)
    }
    let types = try types()
    let loading = try LoadBenchmark(paths: paths, threads: threads, memory: memory, plan: plan).load()
    whenLoaded()
    let model = loading.model
    var machine = Machine.current(threads: threads)
    machine.tunedProducts = memory.schedules?.count
    var report = BenchmarkReport(
      machine: machine,
      model: .init(
        name: model.name, weightBytes: model.language.weightByteCount, types: types,
        cacheType: plan.cacheType.rawValue),
      results: [loading.result].compactMap(\.self))
    let benchmarks = benchmarks(of: model, machine: report.machine)
    let progress = BenchmarkProgress(
      steps: benchmarks.reduce(0) { $0 + $1.steps }, report: self.report, stop: stop)
    do {
      for benchmark in benchmarks { report.results += try benchmark.measure(progress) }
      if plan.parts.contains(.memory) { report.results += Self.memoryResults() }
      report.isComplete = true
    } catch BenchmarkError.cancelled {
      report.isComplete = false
    }
    return report
  }

  private func benchmarks(of model: LoadedModel, machine: Machine) -> [any Benchmark] {
    var benchmarks: [any Benchmark] = []
    let parts = plan.parts
    if parts.contains(.bandwidth) {
      benchmarks.append(BandwidthBenchmark(machine: machine, repetitions: plan.repetitions))
    }
    if parts.contains(.prefill) { benchmarks.append(PrefillBenchmark(model: model, plan: plan)) }
    if parts.contains(.decode) { benchmarks.append(DecodeBenchmark(model: model, plan: plan, machine: machine)) }
    if parts.contains(.branches) { benchmarks.append(BranchBenchmark(model: model, plan: plan)) }
    if parts.contains(.vision), let tower = model.vision {
      benchmarks.append(VisionBenchmark(model: model, tower: tower, plan: plan))
    }
    if parts.contains(.sparseVision), let tower = model.vision, tower.isSparseSupported {
      benchmarks.append(SparseVisionBenchmark(model: model, tower: tower, plan: plan))
    }
    if !parts.isDisjoint(with: StreamBenchmark.parts) { benchmarks.append(StreamBenchmark(model: model, plan: plan)) }
    if parts.contains(.longStream) { benchmarks.append(LongStreamBenchmark(model: model, plan: plan)) }
    return benchmarks
  }

  /// Types of the weights, the one with the most bytes first.
  private func types() throws(BenchmarkError) -> String {
    do {
      var bytes: [String: Int] = [:]
      for tensor in try GGUFFile(path: paths.languageModel).tensors {
        bytes[tensor.type.name, default: 0] += tensor.byteCount
      }
      return bytes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key).joined(separator: ", ")
    } catch {
      throw .file(error)
    }
  }

  private static func memoryResults() -> [BenchmarkResult] {
    let resident = Double(ResidentMemory.current())
    guard resident > 0, let value = MedianRange([resident]) else { return [] }
    return [BenchmarkResult(.memory, unit: .bytes, value: value, note: "resident at the end, with mapped weights")]
  }
}
