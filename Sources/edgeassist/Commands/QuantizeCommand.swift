// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Evaluation
import Foundation
import ModelFile
import Platform
import Quantization
import Records

/// `edgeassist quantize`: a smaller file of the same model.
struct QuantizeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quantize",
    abstract: "Quantize a model file, and report the error of each tensor.",
    discussion: """
      edgeassist quantize model-F16.gguf model-Q4_K_M.gguf --type Q4_K_M
      edgeassist quantize model-F16.gguf --type Q4_K_M --dry-run
      edgeassist quantize model-F16.gguf model-DINT4.gguf --type DINT4 --calibrate text.txt
      edgeassist quantize model.gguf model-checked.gguf --type COPY     add checksums, change nothing else

      Types: \(names.joined(separator: ", ")). COPY changes no tensor. Q3_K, Q4_K and Q5_K stand for the mixes \
      with _M. Only edgeassist reads \(Self.ownTypes.joined(separator: ", ")). The model may be split into parts (name \
      any of them) or be a vision tower (mmproj). It is read and written piece by piece, in a few MiB of memory \
      whatever its size. The new file keeps a checksum (XXH64) of each tensor: `inspect --checksums` and `--scrub` \
      check them. --calibrate runs the model first, which needs memory for it.
      """)

  private static let names = (QuantizationRecipe.all + [.copy]).map(\.name)
  private static let ownTypes = QuantizationRecipe.all.filter(\.type.isOwn).map(\.name)

  @Argument(
    help: "The model to read (GGUF): F16, BF16, F32, or Q8_0 if there is nothing better.",
    completion: .file(extensions: ["gguf"]))
  var input: String

  @Argument(help: "The file to write. May be left out with --dry-run.", completion: .file(extensions: ["gguf"]))
  var output: String?

  @Option(
    name: .long, help: ArgumentHelp("Quantization type, such as Q4_K_M.", valueName: "type"),
    completion: .list(names), transform: Self.recipe)
  var type: QuantizationRecipe

  @OptionGroup var calibration: CalibrationArguments

  @OptionGroup var threads: ThreadOptions

  @Flag(name: .long, help: "Write nothing; report the type of each tensor and the size of the file.")
  var dryRun = false

  @Flag(name: .long, help: "Print the report as JSON.")
  var json = false

  @Flag(name: .long, help: "Replace the file if it exists.")
  var force = false

  func validate() throws {
    if output == nil, !dryRun { throw ValidationError("name the file to write, or add --dry-run") }
    if dryRun, calibration.calibrate != nil {
      throw ValidationError("--calibrate is for writing; --dry-run writes nothing")
    }
    if type.isCopy, calibration.calibrate != nil {
      throw ValidationError("--calibrate is for quantizing; --type COPY changes no tensor")
    }
    if force, dryRun { throw ValidationError("--force is for writing; --dry-run writes nothing") }
  }

  func run() async throws {
    do {
      let report = try await makeReport()
      try StandardStreams.print(json ? report.json() : report.text(style: .standardOutput))
    } catch QuantizationError.cancelled {
      StandardStreams.report(QuantizationError.cancelled.message)
      throw ExitStatus.interrupted
    } catch let error as QuantizationError {
      throw StartFailure.report(error.message)
    } catch let error as GGUFError {
      throw StartFailure.report(error.message)
    } catch let error as ReportedError {
      throw StartFailure.report(error.message)
    }
  }

  private func makeReport() async throws -> QuantizationReport {
    try StandardStreams.checkOutput()
    let file = try GGUFFile(path: input)
    var plan = try QuantizationPlan(file: file, recipe: type)
    if let output {
      try QuantizationRun.check(output: output, for: plan, of: file, overwriting: force || dryRun)
    }
    guard let output, !dryRun else { return QuantizationReport(plan: plan, output: output) }
    let calibration = try await calibration.calibration(of: input, threads: threads.count)
    if let calibration { plan.note(calibratedOn: calibration.tokens, windows: calibration.windows) }
    let bar = ProgressBar()
    defer { bar.finish() }
    let stop = StopSource()
    let signals = InterruptSignals { stop.stop() }
    defer { signals.stop() }
    let start = ContinuousClock.now
    let results = try QuantizationRun(
      file: file, plan: plan, threads: threads.count, importance: { calibration?.meanSquares[$0.name] }
    ).write(
      to: output, progress: { bar.show($0.bytesDone, of: $0.bytesInAll, $0.tensor) }, stop: stop)
    return QuantizationReport(
      plan: plan, output: output, errors: results.map(\.relativeError),
      seconds: (ContinuousClock.now - start) / .seconds(1))
  }

  private static func recipe(_ name: String) throws -> QuantizationRecipe {
    if name.uppercased() == QuantizationRecipe.copy.name { return .copy }
    guard let recipe = QuantizationRecipe(named: name) else {
      throw ValidationError("there is no type “\(name)”; there are \(names.joined(separator: ", "))")
    }
    return recipe
  }
}
