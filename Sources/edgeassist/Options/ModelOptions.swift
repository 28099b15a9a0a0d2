// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BoundedCache
import Compute
import Inference
import ModelHub
import Records

/// The language model, and how weights are loaded.
struct LanguageModelOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Language model: a GGUF file, or hf:OWNER/NAME[:QUANT] of the Hugging Face hub, which is downloaded if need be. "
        + "(default: the small embedded model)", valueName: "file"),
    completion: .file(extensions: ["gguf"]))
  var model: String?

  @OptionGroup var threads: ThreadOptions

  @Flag(
    name: .long, inversion: .prefixedNo, help: "Read all weights at the start and lock them in memory.")
  var mlock = false

  @Flag(name: .long, inversion: .prefixedNo, help: "Read all weights in the background from the start.")
  var prefetch = false

  @Flag(
    name: .customLong("mmap-only"), inversion: .prefixedNo,
    help: "Run a model that is larger than memory: weights stay on disk and are paged in. Slow.")
  var isMappedOnly = false

  @Flag(
    name: .long, inversion: .prefixedNo,
    help: """
      Check the weights: all of them at the start, against the checksums that the file keeps if it does, then slowly \
      in the background. A tensor that has changed is named in a warning.
      """)
  var scrub = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Bytes that --scrub checks in a second, such as 4MiB or 1GiB. (default: 16MiB)", valueName: "size"))
  var scrubRate: ByteSize?

  @OptionGroup var nonlinear: NonlinearOptions
  @OptionGroup var tuning: TuningOptions

  @Option(
    name: .customLong("attention-pruning"),
    help: ArgumentHelp(
      "Leave out the attention heads and maps that this profile says. `edgeassist profile --pruning` makes it.",
      valueName: "file"),
    completion: .file(extensions: ["json"]))
  var pruning: String?

  /// The names of those that were given.
  var given: [String] {
    GivenOptions.names(of: [
      "--model": model != nil, "--threads": threads.threads != nil, "--mlock": mlock, "--prefetch": prefetch,
      "--mmap-only": isMappedOnly, "--scrub": scrub, "--scrub-rate": scrubRate != nil,
      "--nonlinear": nonlinear.chosen != nil, "--attention-pruning": pruning != nil, "--no-tuned": !tuning.isUsed,
    ])
  }

  func validate() throws {
    if mlock && isMappedOnly { throw ValidationError("--mlock and --mmap-only exclude each other") }
    if scrubRate != nil && !scrub { throw ValidationError("--scrub-rate is for --scrub") }
  }

  /// How the weights are loaded.
  ///
  /// - Parameters:
  ///   - budget: of the KV cache, which must fit into memory beside the model; nil for what the model prefers.
  ///   - type: how keys and values are stored.
  /// - Throws: `ReportedError` for a pruning profile that cannot be read.
  func loadingOptions(
    budget: CacheBudget? = nil, type: KeyValueType
  ) throws(ReportedError) -> ModelLoadingOptions {
    let profile = try pruning.map { path throws(ReportedError) in try PruningProfile(path: path) }
    return ModelLoadingOptions(
      budget: budget, type: type, isLocked: mlock, isPrefetched: prefetch, isMappedOnly: isMappedOnly,
      nonlinear: nonlinear.mode, pruning: profile,
      scrubRate: scrub ? scrubRate?.bytes ?? WeightScrubber.defaultRate : nil,
      schedules: tuning.schedules(threads: threads.count))
  }
}

/// The language model and its vision tower.
struct ModelOptions: ParsableArguments {
  @OptionGroup var language: LanguageModelOptions

  @OptionGroup var tower: VisionTowerOptions
  @OptionGroup var precision: VisionPrecisionOptions
  @OptionGroup var encoding: VisionEncodingOptions

  /// The names of those that were given and are about the vision tower.
  var givenForVision: [String] {
    GivenOptions.names(of: [
      "--mmproj": tower.mmproj != nil, "--vision-precision": precision.chosen != nil,
    ]) + encoding.given
  }

  /// The files that make up the model. One of the hub is downloaded if need be.
  ///
  /// - Parameter adapter: a LoRA adapter for the language model.
  /// - Throws: `ReportedError`, or `ExitStatus.interrupted` after a message.
  func paths(adapter: String?) throws -> ModelPaths {
    var paths = try Self.paths(model: language.model, tower: tower, isMappedOnly: language.isMappedOnly)
    paths.adapter = adapter
    return paths
  }

  /// The same for a model without an adapter.
  static func paths(model: String?, tower: VisionTowerOptions, isMappedOnly: Bool) throws -> ModelPaths {
    let cached = try model.flatMap {
      try HubModel.find($0, isMappedOnly: isMappedOnly, withTower: tower.mmproj == nil)
    }
    return try ModelPaths.resolve(
      languageModel: cached?.languageModel ?? model, vision: tower.choice(otherwise: cached?.mmproj))
  }

  /// How the weights are loaded. For the parameters see `LanguageModelOptions.loadingOptions`.
  func loadingOptions(
    budget: CacheBudget? = nil, type: KeyValueType
  ) throws(ReportedError) -> ModelLoadingOptions {
    var options = try language.loadingOptions(budget: budget, type: type)
    options.isVisionExact = precision.isExact
    options.visionEncoding = encoding.encoding
    return options
  }

  /// Loads the model. For the other parameters see `loadingOptions`, for the adapter and the errors `paths`.
  ///
  /// - Parameter maximumPixels: the area of the largest frame; nil for what the model prefers.
  func load(
    adapter: String?, budget: CacheBudget? = nil, type: KeyValueType, maximumPixels: Int? = nil
  ) throws -> LoadedModel {
    var memory = try loadingOptions(budget: budget, type: type)
    memory.maximumPixels = maximumPixels
    return try LoadedModel(
      paths: paths(adapter: adapter), threads: language.threads.count, memory: memory)
  }
}
