// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Benchmarking
import Foundation
import Inference
import Platform
import Records
import Synchronization

/// `edgeassist bench`: how fast a model runs on this machine.
struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure how fast a model runs on this machine, and how near that is to what its memory gives.",
    discussion: """
      edgeassist bench                                         the embedded model
      edgeassist bench --model model.gguf --threads 1          another
      edgeassist bench --shape qwen2-vl-2b --type q4_k         a model of that shape, made on the spot
      edgeassist bench --only prefill,decode --json new.json   some parts; the figures for scripts
      edgeassist bench --compare old.json new.json             what has become faster, and by how much

      Each figure is the median of several rounds; the range is of all of them. Parts: \
      \(BenchmarkPart.allCases.map(\.rawValue).joined(separator: ", ")). Decoding reads all weights for a token: its \
      share is of the memory's bandwidth, which is read right before and after each round. Nothing else should run \
      meanwhile.
      """)

  @OptionGroup(title: "What is measured") var measurement: MeasurementOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "A model made on the spot") var random: RandomModelOptions

  @Option(name: .long, help: ArgumentHelp("Write the figures here as JSON; - for standard output.", valueName: "file"))
  var json: String?

  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp("Measure nothing: compare two runs that --json has written.", valueName: "old> <new"))
  var compare: [String] = []

  func validate() throws {
    if !compare.isEmpty && compare.count != 2 {
      throw ValidationError("--compare takes two files, the old run's and the new one's")
    }
    if random.shape != nil && (model.model != nil || model.vision != nil || !model.adapter.isEmpty) {
      throw ValidationError("--shape makes a model, so it excludes --model, --vision and --adapter")
    }
  }

  func run() async throws {
    do {
      if compare.isEmpty { return try await measure() }
      let comparison = BenchmarkComparison(
        old: try BenchmarkReport(path: compare[0]), new: try BenchmarkReport(path: compare[1]))
      print(ComparisonTable(comparison, style: .standardOutput).text)
    } catch let error as ReportedError {
      throw StartFailure.report(error.message)
    } catch BenchmarkError.cancelled {
      FileHandle.standardError.write(Data("edgeassist: \(BenchmarkError.cancelled.message)\n".utf8))
      throw ExitStatus.interrupted
    } catch let error as BenchmarkError {
      throw StartFailure.report(error.message)
    }
  }

  private func measure() async throws {
    if let json, json != "-" { _ = try RecordOutput(path: json, keepingContents: true) }
    let stop = StopSource()
    let signals = InterruptSignals { stop.stop() }
    defer { signals.stop() }
    let bar = BenchProgress()
    let making = try random.model().map {
      try MadeModel($0, keep: random.keep, bar, isCancelled: { stop.isStopped })
    }
    defer { making?.remove() }
    let plan = measurement.plan
    let runner = BenchmarkRunner(
      paths: try making?.paths ?? model.paths(), threads: model.threadCount,
      memory: model.demand(budget: .tokens(plan.mostTokens), type: plan.cacheType), plan: plan, stop: stop,
      whenLoaded: { making?.remove() }, report: { bar.show($0.done, of: $0.all, $0.label) })
    let report: BenchmarkReport
    do {
      report = try await runner.run()
      bar.finish()
    } catch {
      bar.finish()
      throw error
    }
    try write(report)
    if !report.isComplete { throw ExitStatus.interrupted }
  }

  private func write(_ report: BenchmarkReport) throws(ReportedError) {
    guard json != "-" else { return print(report.json) }
    print(BenchmarkTable(report, style: .standardOutput).text)
    guard let json else { return }
    do { try (report.json + "\n").write(toFile: json, atomically: true, encoding: .utf8) } catch {
      throw .outputUnwritable(message: "\(json) cannot be written: \(error.localizedDescription)")
    }
  }
}

/// A progress bar that any thread may move.
private final class BenchProgress: Sendable {
  private let bar = Mutex(ProgressBar())

  func show(_ done: Int, of all: Int, _ what: String) { bar.withLock { $0.show(done, of: all, what) } }
  func finish() { bar.withLock { $0.finish() } }
}

/// A model that was made for the run, in a folder that goes with it unless it is to be kept.
private struct MadeModel: Sendable {
  let paths: ModelPaths
  /// nil for a model that is kept.
  private let folder: URL?

  init(
    _ model: RandomModel, keep: String?, _ bar: BenchProgress, isCancelled: () -> Bool
  ) throws(BenchmarkError) {
    let manager = FileManager.default
    let folder = keep == nil ? manager.temporaryDirectory.appending(path: "edgeassist-bench-\(UUID().uuidString)") : nil
    self.folder = folder
    if let folder { try? manager.createDirectory(at: folder, withIntermediateDirectories: true) }
    let path = keep ?? folder?.appending(path: model.shape.name + ".gguf").path ?? model.shape.name + ".gguf"
    defer { bar.finish() }
    do {
      paths = try model.write(
        to: path, progress: { bar.show($0, of: $1, "making \(model.shape.name)") }, isCancelled: isCancelled)
    } catch {
      if let folder { try? manager.removeItem(at: folder) }
      throw error
    }
  }

  /// A mapped file stays readable when its name is gone, so this is done as soon as it is mapped: whatever ends the
  /// program then, nothing is left behind.
  func remove() {
    if let folder { try? FileManager.default.removeItem(at: folder) }
  }
}
