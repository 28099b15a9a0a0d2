// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Benchmarking
import Inference
import Platform
import Records
import Tuning

/// `edgeassist autotune`: how a model's products are divided on this machine.
struct AutotuneCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "autotune",
    abstract: "Measure how a model's products are best divided among this machine's threads and caches, and keep that.",
    discussion: """
      edgeassist autotune                                      the embedded model
      edgeassist autotune --model model.gguf --threads 1       another model
      edgeassist autotune --shape qwen2-vl-2b --type q4_k      a model of that shape with random weights

      edgeassist bench --no-tuned --json standard.json && edgeassist bench --json tuned.json
      edgeassist bench --compare standard.json tuned.json      what it gives

      A product of a decoded token, of a prompt or of the vision tower can be divided among threads and read memory in \
      hundreds of ways, all with the same results. Some of them are measured; a cost model learns from these, and \
      chooses the next. The fastest is then measured in turns with the standard way, and kept if it is faster by more \
      than the noise. From the next start on every command uses what was kept; --no-tuned does not.

      What is kept belongs to this processor, this number of threads and this build of the program. It is in \
      edgeassist/schedules in $XDG_CACHE_HOME or ~/.cache. Ctrl-C ends the search: what was measured is kept, and the \
      same command goes on with it. Run nothing else at the same time.
      """)

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Language model: a GGUF file, or hf:OWNER/NAME[:QUANT] of the Hugging Face hub, which is downloaded if need be. "
        + "(default: the small embedded model)", valueName: "file"),
    completion: .file(extensions: ["gguf"]))
  var model: String?

  @OptionGroup var tower: VisionTowerOptions
  @OptionGroup var precision: VisionPrecisionOptions
  @OptionGroup(title: "Model with random weights") var random: RandomModelOptions
  @OptionGroup var threads: ThreadOptions

  @Option(
    name: .long,
    help: ArgumentHelp("Schedules to measure of each product, at most. (default: 48)", valueName: "n"))
  var trials: Int?

  @Flag(name: .long, help: "Measure products again that were measured before.")
  var force = false

  func validate() throws {
    if let trials, !(1...10_000).contains(trials) {
      throw ValidationError("--trials must be between 1 and 10000, not \(trials)")
    }
    if random.shape != nil && (model != nil || tower.mmproj != nil) {
      throw ValidationError("--shape makes a model, so it excludes --model and --mmproj")
    }
  }

  func run() async throws {
    do {
      try await tune()
    } catch let error as ReportedError {
      throw StartFailure.report(error.message)
    } catch BenchmarkError.cancelled {
      StandardStreams.report(BenchmarkError.cancelled.message)
      throw ExitStatus.interrupted
    } catch let error as BenchmarkError {
      throw StartFailure.report(error.message)
    }
  }

  private func tune() async throws {
    try StandardStreams.checkOutput()
    let (file, path) = try known()
    // Before the measurements that it is for.
    try file.write(to: path)
    let named = random.shape == nil ? try ModelOptions.paths(model: model, tower: tower, isMappedOnly: false) : nil
    let stop = StopSource()
    let signals = InterruptSignals { stop.stop() }
    defer { signals.stop() }
    let bar = SharedProgressBar()
    let temporary = try random.model().map { try WrittenModel($0, keep: random.keep, bar, stop: stop) }
    defer { temporary?.remove() }
    guard let paths = temporary?.paths ?? named else { return }
    var options = AutotuneOptions()
    if let trials { options.trials = trials }
    options.isForced = force
    let runner = try AutotuneRunner(
      paths: paths, memory: ModelLoadingOptions(isVisionExact: precision.isExact), file: file, path: path,
      options: options, stop: stop, whenLoaded: { temporary?.remove() },
      report: { bar.show($0.done, of: $0.all, $0.label) })
    let report: AutotuneReport
    do {
      report = try await runner.run()
      bar.finish()
    } catch {
      bar.finish()
      throw error
    }
    try StandardStreams.print(AutotuneTable(report, path: path, style: .standardOutput).text)
    if !report.isComplete { throw ExitStatus.interrupted }
  }

  /// What was measured before, and where it is kept. A file that is not to be used is begun again.
  private func known() throws -> (file: TunedScheduleFile, path: String) {
    guard let path = TunedScheduleFile.path(environment: ProcessEnvironment.current, threads: threads.count) else {
      throw ReportedError.outputUnwritable(
        message: "there is no folder for what is measured; set XDG_CACHE_HOME to one, or HOME")
    }
    guard let key = TuningKey.current(threads: threads.count) else {
      throw ReportedError.outputUnwritable(
        message: "/proc/self/exe cannot be read, so that this program cannot be told from others")
    }
    switch TunedSchedules.find(threads: threads.count) {
    case .success(let found): return (found ?? TunedScheduleFile(key: key), path)
    case .failure(let problem):
      StandardStreams.report(problem.message)
      return (TunedScheduleFile(key: key), path)
    }
  }
}
