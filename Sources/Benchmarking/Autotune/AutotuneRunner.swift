// SPDX-License-Identifier: Apache-2.0

import Compute
import Foundation
import Inference
import Platform
import Records
import Tuning

/// How products are tuned.
public struct AutotuneOptions: Sendable {
  /// Schedules that are measured of each product, at most.
  public var trials = 48
  /// Whether products that the file has already are tuned again.
  public var isForced = false

  /// Those of the command.
  public init() {}
}

/// Tunes the products of one model on this machine, and keeps what it finds in a file.
public actor AutotuneRunner {
  private let thread: ThreadExecutor
  private let paths: ModelPaths
  private let memory: ModelLoadingOptions
  private let options: AutotuneOptions
  private let path: String
  private let whenLoaded: @Sendable () -> Void
  private let report: @Sendable (BenchmarkStep) -> Void
  private nonisolated let stop: StopSource
  private let pool: ThreadPool
  private var file: TunedScheduleFile

  /// The thread that the model runs on.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - memory: how weights are loaded.
  ///   - file: what is known already; it says for how many threads.
  ///   - path: where it is kept. It is written after each product.
  ///   - stop: ends the run before the next measurement. What was measured is kept, and the next run goes on with it.
  ///   - whenLoaded: called when the model's files need not be opened again.
  ///   - report: called before each schedule is measured.
  /// - Throws: `ReportedError` with the code `insufficient_threads`.
  public init(
    paths: ModelPaths, memory: ModelLoadingOptions, file: TunedScheduleFile, path: String, options: AutotuneOptions,
    stop: StopSource = StopSource(), whenLoaded: @escaping @Sendable () -> Void = {},
    report: @escaping @Sendable (BenchmarkStep) -> Void = { _ in }
  ) throws(ReportedError) {
    thread = try ThreadExecutor(reporting: "model")
    self.paths = paths
    self.memory = memory
    self.options = options
    self.file = file
    self.path = path
    self.whenLoaded = whenLoaded
    self.report = report
    self.stop = stop
    pool = ThreadPool(threads: file.key.threads)
  }

  /// Products that take less than this of their phase are left out.
  private static let leastShare = 0.01

  /// A product to tune.
  private struct Target {
    var phase: ProductList.Phase
    var product: ProductRecorder.Product
    var seconds: Double
  }

  /// Tunes all products, or until the run is stopped.
  ///
  /// - Throws: `ReportedError` or `BenchmarkError`.
  public func run() throws -> AutotuneReport {
    let list = try products()
    var result = AutotuneReport(rows: [], leftOut: 0, isComplete: false)
    var targets: [Target] = []
    for phase in ProductList.Phase.allCases {
      let (chosen, leftOut) = try self.targets(of: phase, list.products[phase] ?? [])
      targets += chosen
      result.leftOut += leftOut
    }
    let progress = BenchmarkProgress(steps: targets.count * options.trials, report: report, stop: stop)
    do {
      for (index, target) in targets.enumerated() {
        progress.advance(to: index * options.trials)
        let known = options.isForced ? nil : file.product(target.product.shape)
        let isNew = known?.result == nil
        let tuned = isNew ? try tune(target, from: known, progress) : known
        if let tuned {
          result.rows.append(
            AutotuneReport.Row(
              phase: target.phase.rawValue, count: target.product.count, product: tuned, isNew: isNew))
        }
      }
      result.isComplete = true
    } catch BenchmarkError.cancelled {
      result.isComplete = false
    }
    return result
  }

  /// Loads the model, and lets it go when its products are known.
  private func products() throws -> ProductList {
    let model = try LoadedModel(paths: paths, threads: file.key.threads, memory: memory)
    whenLoaded()
    return try ProductList(of: model)
  }

  /// The products of a phase that matter, those that take longest first.
  private func targets(
    of phase: ProductList.Phase, _ products: [ProductRecorder.Product]
  ) throws -> (targets: [Target], leftOut: Int) {
    var targets: [Target] = []
    for product in products {
      if stop.isStopped { break }
      let seconds = try timer(product).seconds(with: .standard, times: 2)
      targets.append(Target(phase: phase, product: product, seconds: seconds * Double(product.count)))
    }
    let least = Self.leastShare * targets.reduce(0) { $0 + $1.seconds }
    let chosen = targets.filter { $0.seconds >= least }.sorted { $0.seconds > $1.seconds }
    return (chosen, targets.count - chosen.count)
  }

  private func timer(_ product: ProductRecorder.Product) throws(BenchmarkError) -> ProductTimer {
    do { return try ProductTimer(product, threads: pool) } catch { throw .compute(error) }
  }

  // MARK: One product

  /// How often a schedule is measured in the search.
  private static let timesInSearch = 5
  /// Turns of the duel of the fastest schedule with the standard one.
  private static let turns = 21

  /// Searches, from where an earlier run was stopped, and writes the file however the search ends.
  private func tune(_ target: Target, from known: TunedProduct?, _ progress: BenchmarkProgress) throws -> TunedProduct {
    let (shape, tokens) = (target.product.shape, target.product.tokens)
    let space = ScheduleSpace(shape, tokens: tokens, threads: file.key.threads)
    var tuner = ScheduleTuner(space: space, seed: 1)
    for trial in known?.trials ?? [] { tuner.record(trial) }
    var tuned = TunedProduct(shape: shape, tokens: tokens, trials: tuner.measurements)
    let timer = try timer(target.product)
    let label = "\(target.phase.rawValue), \(shape.title)"
    do throws(BenchmarkError) {
      while tuner.measurements.count < min(options.trials, space.count) {
        for point in tuner.nextBatch() where tuner.measurements.count < options.trials {
          try progress.begin(label)
          let seconds = timer.seconds(with: space.schedule(at: point), times: Self.timesInSearch)
          tuner.record(ScheduleTuner.Measurement(point: point, seconds: seconds))
        }
      }
      tuned.trials = tuner.measurements
      tuned.result = try duel(tuner, timer, progress)
    } catch {
      tuned.trials = tuner.measurements
      if !tuned.trials.isEmpty { try keep(tuned) }
      throw error
    }
    try keep(tuned)
    return tuned
  }

  private func keep(_ product: TunedProduct) throws(ReportedError) {
    file.set(product)
    try file.write(to: path)
  }

  private func duel(
    _ tuner: ScheduleTuner, _ timer: ProductTimer, _ progress: BenchmarkProgress
  ) throws(BenchmarkError) -> TunedProduct.Result? {
    guard let best = tuner.best else { return nil }
    let candidate = tuner.space.schedule(at: best.point)
    var (standard, others) = ([timer.seconds(with: .standard)], [Double]())
    for _ in 0..<Self.turns {
      try progress.check()
      others.append(timer.seconds(with: candidate))
      standard.append(timer.seconds(with: .standard))
    }
    return ScheduleDuel(standard: standard, candidate: others).map { duel in
      TunedProduct.Result(candidate: candidate, duel: duel)
    }
  }
}
