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
      "Measure on this text (UTF-8), or on these conversations (JSON Lines: requests as for --batch, with videos and "
        + "answers where there are some, or messages), how much each column of weights matters, and quantize by that. "
        + "self lets the model write the text, about two subjects each time; self-single about one.",
      valueName: "file"),
    completion: .file())
  var calibrate: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Tokens of a window of the text, from 8 to 65536; best as long as what the model will read. Conversations have "
        + "lengths of their own. (default: 512)",
      valueName: "tokens"))
  var calibrateLength: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Read this many windows or conversations at most. (default: 128, or 48 with self)", valueName: "n"))
  var calibrateWindows: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Vision tower for the videos of --calibrate (mmproj GGUF). (default: the mmproj file beside the model)",
      valueName: "file"),
    completion: .file(extensions: ["gguf"]))
  var mmproj: String?

  @Flag(
    name: .long,
    help: ArgumentHelp(
      "Scale the channels between the matrices so that weights and 8-bit activations together lose least, and fold the "
        + "scales into the weights (AQAS, arXiv 2311.05161). Costs nothing at run time; adapters of the original no "
        + "longer fit. Needs --calibrate."))
  var scaleChannels = false

  @OptionGroup var tuning: TuningOptions

  private static let own: [String: OwnTextPrompts] = ["self": .mixed, "self-single": .single]

  func validate() throws {
    if calibrate == nil, calibrateLength != nil { throw ValidationError("--calibrate-length needs --calibrate FILE") }
    if calibrate == nil, calibrateWindows != nil { throw ValidationError("--calibrate-windows needs --calibrate FILE") }
    if calibrate == nil, mmproj != nil { throw ValidationError("--mmproj needs --calibrate FILE") }
    if calibrate == nil, scaleChannels { throw ValidationError("--scale-channels needs --calibrate FILE") }
    if calibrate == nil, !tuning.isUsed { throw ValidationError("--no-tuned needs --calibrate FILE") }
    if let calibrateLength, !(8...65536).contains(calibrateLength) {
      throw ValidationError("--calibrate-length must be from 8 to 65536, not \(calibrateLength)")
    }
    if let calibrateWindows, calibrateWindows < 1 {
      throw ValidationError("--calibrate-windows must be above 0, not \(calibrateWindows)")
    }
  }

  /// The files that a calibration reads besides the model, but for videos.
  func inputs(of model: String) -> [String] {
    guard let calibrate, Self.own[calibrate] == nil else { return [] }
    guard CalibrationOptions.isFileOfConversations(calibrate) else { return [calibrate] }
    let paths = try? ModelPaths.resolve(languageModel: model, vision: VisionTowerOptions.choice(mmproj))
    return [calibrate] + [paths?.vision].compactMap(\.self)
  }

  /// Runs the model over the text.
  ///
  /// - Parameters:
  ///   - model: the model's file, beside which the vision tower is looked for.
  ///   - weights: the file that is run: the model, or what was made of it.
  ///   - sampled: names of the matrices whose inputs are sampled.
  /// - Returns: nil if no calibration is asked for.
  /// - Throws: `ReportedError`, `EvaluationError`, or `ExitStatus.interrupted`.
  func calibration(
    of model: String, weights: String, sampling sampled: Set<String>, threads: Int
  ) async throws -> Calibration? {
    guard let calibrate else { return nil }
    let source: CalibrationOptions.Source
    if let prompts = Self.own[calibrate] {
      source = .ownText(prompts)
    } else {
      source = CalibrationOptions.isFileOfConversations(calibrate) ? .conversations(calibrate) : .file(calibrate)
    }
    var paths = ModelPaths(languageModel: model, vision: nil, isEmbedded: false)
    switch source {
    case .conversations:
      try GivenOptions.refuse(
        GivenOptions.names(of: ["--calibrate-length": calibrateLength != nil]),
        "with conversations, which have lengths of their own")
      paths = try ModelPaths.resolve(languageModel: model, vision: VisionTowerOptions.choice(mmproj))
    case .file, .ownText:
      try GivenOptions.refuse(
        GivenOptions.names(of: ["--mmproj": mmproj != nil]), "without requests about videos in --calibrate FILE.jsonl")
    }
    paths.languageModel = weights
    let length = calibrateLength ?? 512
    let loaded = try LoadedModel(
      paths: paths, threads: threads,
      memory: ModelLoadingOptions(budget: .tokens(length), schedules: tuning.schedules(threads: threads)))
    let bar = CountProgress(unit: "windows of calibration")
    var options = CalibrationOptions(
      source: source, length: length, windows: calibrateWindows ?? (Self.own[calibrate] == nil ? 128 : 48),
      report: { bar.show($0, of: $1) })
    options.sampledMatrices = sampled
    let runner = try CalibrationRunner(model: loaded, options: options)
    let signals = InterruptSignals { runner.interrupt() }
    defer { signals.stop() }
    let calibration = try await runner.run()
    bar.finish()
    guard let calibration else { throw ExitStatus.interrupted }
    return calibration
  }
}
