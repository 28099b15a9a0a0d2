// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Evaluation
import Inference
import Records

/// Options for the text on which `quantize` measures what matters in a model.
struct CalibrationArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Measure on this text (UTF-8) how much each column of weights matters, and quantize by that; self lets the model "
        + "write the text.", valueName: "file"),
    completion: .file())
  var calibrate: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Tokens of a window of the text, from 8 to 65536; best as long as what the model will read. (default: 512)",
      valueName: "tokens"))
  var calibrateLength: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("Read this many windows at most. (default: 128, or 48 with self)", valueName: "n"))
  var calibrateWindows: Int?

  private static let own = "self"

  func validate() throws {
    if calibrate == nil, calibrateLength != nil { throw ValidationError("--calibrate-length needs --calibrate FILE") }
    if calibrate == nil, calibrateWindows != nil { throw ValidationError("--calibrate-windows needs --calibrate FILE") }
    if let calibrateLength, !(8...65536).contains(calibrateLength) {
      throw ValidationError("--calibrate-length must be from 8 to 65536, not \(calibrateLength)")
    }
    if let calibrateWindows, calibrateWindows < 1 {
      throw ValidationError("--calibrate-windows must be above 0, not \(calibrateWindows)")
    }
  }

  /// Runs the model over the text.
  ///
  /// - Returns: nil if no calibration is asked for.
  /// - Throws: `ReportedError`, or `ExitStatus.interrupted`.
  func calibration(of model: String, threads: Int) async throws -> Calibration? {
    guard let calibrate else { return nil }
    let length = calibrateLength ?? 512
    let loaded = try LoadedModel(
      paths: ModelPaths(languageModel: model, vision: nil, isEmbedded: false), threads: threads,
      memory: ModelLoadingOptions(budget: .tokens(length)))
    let isOwn = calibrate == Self.own
    let bar = CountProgress(unit: "windows of calibration")
    let runner = CalibrationRunner(
      model: loaded,
      options: CalibrationOptions(
        source: isOwn ? .ownText : .file(calibrate), length: length, windows: calibrateWindows ?? (isOwn ? 48 : 128),
        report: { bar.show($0, of: $1) }))
    let signals = InterruptSignals { runner.interrupt() }
    defer { signals.stop() }
    let calibration = try await runner.run()
    bar.finish()
    guard let calibration else { throw ExitStatus.interrupted }
    return calibration
  }
}
