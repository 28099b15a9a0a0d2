// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Benchmarking
import Inference
import Platform
import Records

/// `edgeassist bench`: how fast a model runs on this machine.
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure how fast a model runs on this machine, and how much of its memory bandwidth decoding uses.",
    discussion: """
      edgeassist bench                                         the embedded model
      edgeassist bench --model model.gguf --threads 1          another model
      edgeassist bench --shape qwen2-vl-2b --type q4_k         a model of that shape with random weights
      edgeassist bench --only prefill,decode --json new.json   some parts; the results for scripts
      edgeassist bench --compare old.json new.json             what has become faster or slower

      Each result is the median of several repetitions, with their range. Decoding reads all weights once for each \
      token, so its speed is limited by the bandwidth of memory, which is measured right before and after each \
      repetition. Run nothing else at the same time.
      """)

  @OptionGroup(title: "Measurement") var measurement: MeasurementOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Model") var adapter: ModelAdapterOptions
  @OptionGroup(title: "Model with random weights") var random: RandomModelOptions

  @Option(
    name: .long,
    help: ArgumentHelp("Write the results to this file as JSON; - for standard output.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var json: String?

  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp("Measure nothing; compare two files that --json has written.", valueName: "old> <new"),
    completion: .file(extensions: ["json"]))
  var compare: [String] = []

  func validate() throws {
    if !compare.isEmpty {
      if compare.count != 2 {
        throw ValidationError("--compare takes two files, the old run's and the new one's")
      }
      let ofModel = model.language.given + model.givenForVision + random.given
      let others = GivenOptions.names(of: ["--lora": adapter.path != nil, "--json": json != nil])
      try GivenOptions.refuse(measurement.given + ofModel + others, "with --compare")
    }
    if random.shape != nil && (model.language.model != nil || model.tower.mmproj != nil || adapter.path != nil) {
      throw ValidationError("--shape makes a model, so it excludes --model, --mmproj and --lora")
    }
  }

  func run() async throws {
    do {
      if compare.isEmpty { return try await measure() }
      let comparison = BenchmarkComparison(
        old: try BenchmarkReport(path: compare[0]), new: try BenchmarkReport(path: compare[1]))
      try StandardStreams.print(ComparisonTable(comparison, style: .standardOutput).text)
    } catch let error as ReportedError {
      throw StartFailure.report(error.message)
    } catch BenchmarkError.cancelled {
      StandardStreams.report(BenchmarkError.cancelled.message)
      throw ExitStatus.interrupted
    } catch let error as BenchmarkError {
      throw StartFailure.report(error.message)
    }
  }

  private func measure() async throws {
    try reportFile.check()
    let named = random.shape == nil ? try model.paths(adapter: adapter.path) : nil
    let stop = StopSource()
    let signals = InterruptSignals { stop.stop() }
    defer { signals.stop() }
    let bar = SharedProgressBar()
    let temporary = try random.model().map { try WrittenModel($0, keep: random.keep, bar, stop: stop) }
    defer { temporary?.remove() }
    let plan = measurement.plan
    let runner = try BenchmarkRunner(
      paths: try temporary?.paths ?? named ?? model.paths(adapter: adapter.path),
      threads: model.language.threads.count,
      memory: try model.loadingOptions(budget: .tokens(plan.mostTokens), type: plan.cacheType), plan: plan, stop: stop,
      whenLoaded: { temporary?.remove() }, report: { bar.show($0.done, of: $0.all, $0.label) })
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

  private var reportFile: JSONReportFile {
    JSONReportFile(path: json, kind: "a report of edgeassist bench", beginning: "{\"format\":2,\"is_complete\":")
  }

  private func write(_ report: BenchmarkReport) throws {
    try reportFile.write(report: BenchmarkTable(report, style: .standardOutput).text, json: report.json)
  }
}
