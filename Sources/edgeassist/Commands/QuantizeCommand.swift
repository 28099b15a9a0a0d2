// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Compute
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
      edgeassist quantize model-F16.gguf model-DINT4.gguf --type DINT4 --calibrate text.txt --scale-channels
      edgeassist quantize model-F16.gguf model-Q4_0.gguf --type Q4_0 --calibrate requests.jsonl
      edgeassist quantize model-F16.gguf model-small.gguf --target-bytes 900MB --calibrate text.txt
      edgeassist quantize model-F16.gguf --target-kl 0.05 --calibrate self --dry-run
      edgeassist quantize model-F16.gguf model-Q2_K.gguf --type Q2_K --split-neurons 256 --calibrate text.txt
      edgeassist quantize model-F16.gguf model-fewer.gguf --target-bytes 800MB --calibrate text.txt \
      --attention-pruning model.pruning.json
      edgeassist quantize model.gguf model-checked.gguf --type COPY     add checksums, change nothing else

      Types: \(names.joined(separator: ", ")). COPY changes no tensor. Q3_K, Q4_K and Q5_K stand for the mixes \
      with _M. Only edgeassist reads \(Self.ownTypes.joined(separator: ", ")). The model may be split into parts (name \
      any of them) or be a vision tower (mmproj). It is read and written piece by piece, in a few MiB of memory \
      whatever its size. The new file keeps a checksum (XXH64) of each tensor: `inspect --checksums` and `--scrub` \
      check them. --calibrate runs the model first, which needs memory for it.

      --target-bytes and --target-kl choose a type for each tensor. Each is quantized alone, with queries, keys and \
      values of a layer together, and gate and up; the KL divergence of the model's predictions says how much that \
      matters. Bytes then go to where they lower the divergence most. This takes some hundred readings of a few \
      windows of text; Ctrl-C keeps what was measured, and the same command goes on. The plan is shown before the file \
      is written, and kept in its metadata; edgeassist inspect shows it.

      The report names how this program computes products with each tensor: W4A8 has weights of 4 bits and \
      activations of 8, W16A32 has F16 or BF16 weights and 32-bit floating-point activations. With --calibrate it also \
      has the error of the outputs, measured with these very products.
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
  var type: QuantizationRecipe?

  @OptionGroup var mixed: MixedPrecisionArguments

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Split this many neurons of each feed-forward network in two first, a multiple of 32: those whose weights set "
        + "the scales of many blocks. The outputs stay the same. (default: 0)", valueName: "n"))
  var splitNeurons: Int?

  @Option(
    name: .customLong("attention-pruning"),
    help: ArgumentHelp(
      "Leave out the language model's attention heads that this profile says, and their weights. `edgeassist profile "
        + "--pruning` makes it, of this very file.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var pruning: String?

  @OptionGroup var calibration: CalibrationArguments

  @OptionGroup var threads: ThreadOptions

  @Flag(name: .long, help: "Write nothing; report the type of each tensor and the size of the file.")
  var dryRun = false

  @Flag(name: .long, help: "Print the report as JSON.")
  var json = false

  @Flag(name: .long, help: "Replace the file if it exists.")
  var force = false

  func validate() throws {
    if type == nil, mixed.target == nil { throw ValidationError("add --type, --target-bytes or --target-kl") }
    if type != nil, mixed.target != nil {
      throw ValidationError("--type excludes --target-bytes and --target-kl, which choose types")
    }
    if mixed.target != nil, calibration.calibrate == nil {
      throw ValidationError(
        "--target-bytes and --target-kl need --calibrate FILE, or --calibrate self for text that the model writes")
    }
    if mixed.target != nil, let path = calibration.calibrate, CalibrationOptions.isFileOfConversations(path) {
      throw ValidationError(
        "--target-bytes and --target-kl measure on a text, not on conversations as in \(path)")
    }
    if let splitNeurons, splitNeurons <= 0 || splitNeurons % NeuronSplit.block != 0 {
      throw ValidationError("--split-neurons must be a multiple of \(NeuronSplit.block) above 0, not \(splitNeurons)")
    }
    if output == nil, !dryRun { throw ValidationError("name the file to write, or add --dry-run") }
    if dryRun, mixed.target == nil, calibration.calibrate != nil {
      throw ValidationError("--calibrate is for writing; --dry-run writes nothing")
    }
    if dryRun, calibration.scaleChannels {
      throw ValidationError("--scale-channels is for writing; --dry-run writes nothing")
    }
    if type?.isCopy == true, calibration.calibrate != nil {
      throw ValidationError("--calibrate is for quantizing; --type COPY changes no tensor")
    }
    if force, dryRun { throw ValidationError("--force is for writing; --dry-run writes nothing") }
  }

  func run() async throws {
    // What comes between two phases is for the next one.
    let signals = InterruptSignals {}
    defer { signals.stop() }
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
    } catch let error as EvaluationError {
      throw StartFailure.report(error.message)
    } catch let error as ReportedError {
      throw StartFailure.report(error.message)
    }
  }

  private func makeReport() async throws -> QuantizationReport {
    try StandardStreams.checkOutput()
    let original = try GGUFFile(path: input)
    if let output {
      let bytes = try type.map { try plan(of: original, recipe: $0).fileByteCount } ?? 0
      let inputs = calibration.inputs(of: input) + [pruning].compactMap(\.self)
      try QuantizationRun.check(
        output: output, byteCount: bytes, of: original, inputs: inputs, overwriting: force || dryRun)
    }
    let pruned = try TemporaryModel.pruned(original, by: pruning, beside: output)
    defer { withExtendedLifetime(pruned) {} }
    let sampled =
      calibration.scaleChannels ? ScalableInput.all(in: pruned.file).scalable.compactMap(\.matrices.first) : []
    // A recipe's plan needs no calibration.
    let found =
      dryRun && type != nil
      ? nil
      : try await calibration.calibration(
        of: input, weights: pruned.file.path, sampling: Set(sampled), threads: threads.count)
    let source = try TemporaryModel.split(
      pruned.file, splitting: splitNeurons, calibration: found, beside: output)
    defer { withExtendedLifetime(source.model) {} }
    return try await makeReport(source.model.file, calibration: source.calibration)
  }

  /// - Parameters:
  ///   - file: that is quantized.
  ///   - calibration: of this file.
  private func makeReport(_ file: GGUFFile, calibration: Calibration?) async throws -> QuantizationReport {
    var report = QuantizationReport(plan: try await plan(of: file, calibration: calibration), output: output)
    guard let output, !dryRun else { return report }
    try QuantizationRun.check(
      output: output, byteCount: report.plan.fileByteCount, of: file, overwriting: force)
    if !json, mixed.target != nil { try StandardStreams.print(report.summary(style: .standardOutput) + "\n") }
    let bar = ProgressBar()
    defer { bar.finish() }
    let stop = StopSource()
    let signals = InterruptSignals { stop.stop() }
    defer { signals.stop() }
    let start = ContinuousClock.now
    var scaling: ChannelScaling?
    if let calibration, self.calibration.scaleChannels {
      let found = try scale(file, report.plan, calibration, stop: stop)
      report.plan.note(found)
      if mixed.target != nil {
        report.plan.note("The divergence of the plan was measured before channels were scaled.")
      }
      scaling = found
    }
    let results = try QuantizationRun(
      file: file, plan: report.plan, threads: threads.count, importance: { calibration?.meanSquares[$0.name] },
      scaling: scaling
    ).write(
      to: output, progress: { bar.show($0.bytesDone, of: $0.bytesInAll, $0.tensor) }, stop: stop)
    report.errors = results.map(\.relativeError)
    report.seconds = (ContinuousClock.now - start) / .seconds(1)
    if let calibration { report.outputErrors = try outputErrors(of: output, from: file, calibration, scaling) }
    return report
  }

  /// The errors of the new file's products on inputs of the calibration.
  ///
  /// - Returns: by tensor of the original, nil for those without such inputs; empty where a pipe was written to.
  private func outputErrors(
    of output: String, from file: GGUFFile, _ calibration: Calibration, _ scaling: ChannelScaling?
  ) throws -> [Double?] {
    guard let written = try? GGUFFile(path: output) else { return [] }
    let errors = ProductErrors(threads: threads.count)
    do {
      return try file.tensors.map { tensor in
        try calibration.samples[tensor.name].flatMap {
          try errors.relativeError(
            of: tensor.name, in: written, from: file, inputs: $0, factors: scaling?.factors[tensor.name])
        }
      }
    } catch let error as ComputeError { throw ReportedError(.insufficientMemory, error.description) }
  }

  /// The plan of a recipe, or one with types that are chosen for a target.
  private func plan(of file: GGUFFile, calibration found: Calibration?) async throws -> QuantizationPlan {
    var plan: QuantizationPlan
    if let type {
      plan = try self.plan(of: file, recipe: type)
    } else if let target = mixed.target, let found {
      let planned = try await mixed.plan(
        of: file, named: input, output: output, for: target, calibration: found, source: calibration.calibrate ?? "",
        scalesChannels: calibration.scaleChannels, threads: threads.count,
        schedules: calibration.tuning.schedules(threads: threads.count))
      plan = try QuantizationPlan(file: file, name: "Mixed", types: planned.types)
      plan.keep(planned.record)
    } else {
      throw ValidationError("add --type, --target-bytes or --target-kl")
    }
    if let heads = try? file.metadata.integers(GGUFMetadata.keptHeadsKey), pruning != nil {
      plan.note("Key-value heads whose weights are kept, by layer: \(heads.map(String.init).joined(separator: " ")).")
      if mixed.target != nil { plan.note("The divergence of the plan is that from the model without these heads.") }
    }
    if let splitNeurons { plan.note("\(splitNeurons) neurons of each feed-forward network were split in two.") }
    if let found {
      plan.note(calibratedOn: found.tokens, windows: found.windows, longest: found.longest)
      plan.keep(layerMaxima: found.layerMaxima)
    }
    return plan
  }

  /// The plan of a recipe. Where heads are left out or neurons split, the recipe need not change anything besides.
  private func plan(of file: GGUFFile, recipe: QuantizationRecipe) throws(QuantizationError) -> QuantizationPlan {
    do throws(QuantizationError) { return try QuantizationPlan(file: file, recipe: recipe) } catch {
      guard case .nothingToDo = error, pruning != nil || splitNeurons != nil else { throw error }
      return try QuantizationPlan(file: file, recipe: .copy)
    }
  }

  private func scale(
    _ file: GGUFFile, _ plan: QuantizationPlan, _ calibration: Calibration, stop: StopSource
  ) throws -> ChannelScaling {
    let bar = CountProgress(unit: "inputs with scales")
    defer { bar.finish() }
    return try ScaleSearch(
      file: file, plan: plan,
      measurements: .init(sample: { calibration.samples[$0] }, meanSquares: { calibration.meanSquares[$0] }),
      threads: threads.count
    ).run(progress: { bar.show($0, of: $1) }, stop: stop)
  }

  private static func recipe(_ name: String) throws -> QuantizationRecipe {
    if name.uppercased() == QuantizationRecipe.copy.name { return .copy }
    guard let recipe = QuantizationRecipe(named: name) else {
      throw ValidationError("there is no type “\(name)”; there are \(names.joined(separator: ", "))")
    }
    return recipe
  }
}
