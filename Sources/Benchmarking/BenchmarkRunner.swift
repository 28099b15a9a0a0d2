// SPDX-License-Identifier: Apache-2.0

import Compute
import Foundation
import Inference
import ModelFile
import Platform
import Synchronization

/// Measures one model on this machine, part by part.
public actor BenchmarkRunner {
  private let thread = ThreadExecutor(name: "edgeassist-model")
  private let paths: ModelPaths
  private let threads: Int
  private let memory: MemoryPlan
  private let plan: BenchmarkPlan
  private let whenLoaded: @Sendable () -> Void
  private let report: @Sendable (BenchmarkStep) -> Void
  /// Ends the run before the next round; what has been measured is kept.
  private nonisolated let stop: StopSource

  public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - memory: how weights are to be held.
  ///   - whenLoaded: called when the model's files will not be opened again: they may be unlinked then.
  ///   - report: told before each round.
  public init(
    paths: ModelPaths, threads: Int, memory: MemoryPlan, plan: BenchmarkPlan, stop: StopSource = StopSource(),
    whenLoaded: @escaping @Sendable () -> Void = {}, report: @escaping @Sendable (BenchmarkStep) -> Void = { _ in }
  ) {
    self.paths = paths
    self.threads = threads
    self.memory = memory
    self.plan = plan
    self.stop = stop
    self.whenLoaded = whenLoaded
    self.report = report
  }

  /// Measures all that is planned, or until it is interrupted.
  ///
  /// - Throws: `ReportedError` or `BenchmarkError`.
  public func run() throws -> BenchmarkReport {
    let types = try types()
    let loading = try LoadBenchmark(paths: paths, threads: threads, memory: memory, plan: plan).load()
    whenLoaded()
    let model = loading.model
    var result = BenchmarkReport(
      machine: .current(threads: threads),
      subject: .init(
        name: model.name, weightBytes: model.language.weightByteCount, types: types,
        cacheType: plan.cacheType.rawValue),
      figures: [loading.figure].compactMap(\.self))
    let probes = probes(model, machine: result.machine)
    let progress = RoundProgress(
      rounds: probes.reduce(0) { $0 + $1.steps }, report: report,
      isCancelled: { self.stop.isStopped })
    do {
      for probe in probes { result.figures += try probe.measure(progress) }
      if plan.parts.contains(.memory) { result.figures += Self.memoryFigures() }
      result.isComplete = true
    } catch BenchmarkError.cancelled {
      result.isComplete = false
    }
    return result
  }

  private func probes(_ model: LoadedModel, machine: Machine) -> [any Benchmark] {
    var probes: [any Benchmark] = []
    let parts = plan.parts
    if parts.contains(.bandwidth) { probes.append(BandwidthBenchmark(machine: machine, rounds: plan.rounds)) }
    if parts.contains(.prefill) { probes.append(PrefillBenchmark(model: model, plan: plan)) }
    if parts.contains(.decode) { probes.append(DecodeBenchmark(model: model, plan: plan, machine: machine)) }
    if parts.contains(.vision), let tower = model.vision {
      probes.append(VisionBenchmark(model: model, tower: tower, plan: plan))
    }
    if !parts.isDisjoint(with: [.ingest, .pass, .answer]) { probes.append(StreamBenchmark(model: model, plan: plan)) }
    if parts.contains(.growth) { probes.append(GrowthBenchmark(model: model, plan: plan)) }
    return probes
  }

  /// How the weights are stored, the type that takes most first.
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

  private static func memoryFigures() -> [BenchmarkResult] {
    let resident = Double(ResidentMemory.current())
    guard resident > 0, let value = MedianRange([resident]) else { return [] }
    return [BenchmarkResult(.memory, unit: .bytes, value: value, note: "resident at the end, mapped weights included")]
  }
}
