// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Compute
import Evaluation
import Foundation
import Inference
import ModelFile
import Quantization
import Records

/// Options of `quantize` for a type of its own for each tensor.
struct MixedPrecisionArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Choose a type for each tensor so that the file has at most this size, such as 88MB or 1.2GiB; needs "
        + "--calibrate.", valueName: "size"))
  var targetBytes: ByteSize?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Choose a type for each tensor so that the file is as small as it can be with at most this KL divergence, in "
        + "nats, on the calibration text; needs --calibrate.", valueName: "x"))
  var targetKL: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Types to choose from, separated by commas. (default: "
        + PrecisionGroup.usualTypes.map(\.name).joined(separator: ",") + ")", valueName: "types"),
    transform: Self.types)
  var types: [TensorType]?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Keep measurements in this file, and take from it what was measured before. (default: MODEL.sensitivities.jsonl "
        + "beside the file that is written)", valueName: "file"),
    completion: .file(extensions: ["jsonl"]))
  var sensitivities: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Measure divergences on this many windows of the calibration text, from 1 to 512. (default: 4)", valueName: "n"))
  var sensitivityWindows: Int?

  /// nil where none was given.
  var target: PrecisionPlanRecord.Target? {
    targetBytes.map { .bytes($0.bytes) } ?? targetKL.map { .divergence($0) }
  }

  func validate() throws {
    if targetBytes != nil, targetKL != nil {
      throw ValidationError("--target-bytes and --target-kl exclude each other")
    }
    if let targetKL, !(targetKL > 0 && targetKL.isFinite) {
      throw ValidationError("--target-kl must be above 0, not \(targetKL)")
    }
    if let sensitivityWindows, !(1...512).contains(sensitivityWindows) {
      throw ValidationError("--sensitivity-windows must be from 1 to 512, not \(sensitivityWindows)")
    }
    if target == nil {
      let given = GivenOptions.names(of: [
        "--types": types != nil, "--sensitivities": sensitivities != nil,
        "--sensitivity-windows": sensitivityWindows != nil,
      ])
      try GivenOptions.refuse(given, "without --target-bytes or --target-kl")
    }
  }

  /// The groups of a file's tensors.
  func groups(of file: GGUFFile, calibration: Calibration) throws(QuantizationError) -> [PrecisionGroup] {
    try PrecisionGroup.groups(of: file, types: types ?? PrecisionGroup.usualTypes) {
      calibration.meanSquares[$0] != nil
    }
  }

  /// Measures a model's tensors and chooses their types.
  ///
  /// - Parameters:
  ///   - name: of the model, as the user named it.
  ///   - source: of the calibration, as the user named it.
  ///   - scalesChannels: whether channels will be scaled for these types.
  /// - Throws: `ReportedError`, `QuantizationError`, or `ExitStatus.interrupted`.
  func plan(
    of file: GGUFFile, named name: String, output: String?, for target: PrecisionPlanRecord.Target,
    calibration: Calibration, source: String, scalesChannels: Bool, threads: Int, schedules: ScheduleTable?
  ) async throws -> PlannedPrecision {
    let groups = try groups(of: file, calibration: calibration)
    let smallest = PlannedPrecision.smallest(groups)
    var plan = try QuantizationPlan(file: file, name: "", types: smallest.types)
    plan.keep(smallest.record)
    plan.note(calibratedOn: calibration.tokens, windows: calibration.windows, longest: calibration.longest)
    if scalesChannels { plan.markScaled() }
    let groupBytes = groups.reduce(0) { $0 + $1.byteCount(in: $1.candidates[0]) }
    let otherBytes = plan.fileByteCount - groupBytes
    if case .bytes(let bytes) = target, bytes < plan.fileByteCount {
      // Known before anything is measured.
      throw ReportedError.requestMalformed(
        message: "a file of \(bytes) bytes cannot be made: the smallest with these types has \(plan.fileByteCount) "
          + "bytes")
    }
    let bar = CountProgress(unit: "sensitivities")
    let path = sensitivities ?? Self.path(beside: output, of: name)
    let runner = try SensitivityRunner(
      model: try LoadedModel(
        paths: ModelPaths(languageModel: file.path, vision: nil, isEmbedded: false), threads: threads,
        memory: ModelLoadingOptions(
          budget: .tokens(calibration.texts.map(\.count).max() ?? 1), schedules: schedules)),
      file: file, groups: groups, calibration: calibration,
      options: SensitivityOptions(
        windows: sensitivityWindows ?? 4, path: path, source: source, threads: threads,
        report: { bar.show($0, of: $1) }))
    let signals = InterruptSignals { runner.interrupt() }
    defer { signals.stop() }
    let found = try await runner.run()
    bar.finish()
    guard let found, let planned = try await runner.plan(for: target, by: found, otherBytes: otherBytes) else {
      StandardStreams.report("Interrupted; what was measured is in \(path), and the same command goes on with it.")
      throw ExitStatus.interrupted
    }
    return planned
  }

  /// Where sensitivities are kept: in the folder of the output, or the current one.
  private static func path(beside output: String?, of model: String) -> String {
    let name = URL(filePath: model).deletingPathExtension().lastPathComponent + ".sensitivities.jsonl"
    guard let output else { return name }
    return (output as NSString).deletingLastPathComponent.isEmpty
      ? name : (output as NSString).deletingLastPathComponent + "/" + name
  }

  private static func types(_ text: String) throws -> [TensorType] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      let name = part.trimmingCharacters(in: .whitespaces).uppercased()
      guard let type = TensorType.allCases.first(where: { $0.name == name && $0.isSupported }) else {
        let names = TensorType.allCases.filter(\.isSupported).map(\.name).joined(separator: ", ")
        throw ValidationError("there is no type “\(part)”; there are \(names)")
      }
      return type
    }
  }
}
