// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BoundedCache
import Compute
import Dialogue
import Foundation
import Inference
import ModelHub
import Records
import SessionInterface

/// How exactly the vision tower computes.
enum VisionPrecision: String, ExpressibleByArgument, CaseIterable {
  /// Float weights are quantized to 8 bits (Q8_0) when they are loaded.
  case fast
  /// Weights are used as the file stores them.
  case exact
}

/// The model files, and how they are loaded.
struct ModelOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Language model: a GGUF file, or hf:OWNER/NAME[:QUANT] of the Hugging Face hub, which is downloaded if need be. "
        + "(default: the small embedded model)", valueName: "file"),
    completion: .file(extensions: ["gguf"]))
  var model: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Vision tower (mmproj GGUF). (default: the mmproj file beside the model)", valueName: "file"),
    completion: .file(extensions: ["gguf"]))
  var mmproj: String?

  @Option(
    name: .customLong("vision-precision"),
    help: ArgumentHelp(
      "fast: float weights of the vision tower are quantized to Q8_0 when they are loaded, which is several times as "
        + "fast and takes half the memory. exact: they are used as they are stored.",
      valueName: "precision"))
  var visionPrecision = VisionPrecision.fast

  @Option(
    name: .long,
    help: ArgumentHelp(
      "LoRA adapter (GGUF) for the language model. ROLE=FILE adapts a role of the programming agent: "
        + "\(CodeRole.allCases.map(\.rawValue).joined(separator: ", ")). May be given more than once.",
      valueName: "file"),
    completion: .file(extensions: ["gguf"]))
  var lora: [AdapterArgument] = []

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

  /// Adapters of the programming agent's roles. Of a role named twice, the last counts.
  var roleAdapters: [CodeRole: String] {
    var found: [CodeRole: String] = [:]
    for adapter in lora { if let role = adapter.role { found[role] = adapter.path } }
    return found
  }

  func validate() throws {
    if mlock && isMappedOnly { throw ValidationError("--mlock and --mmap-only exclude each other") }
  }

  /// The files that make up the model, without the adapters of roles. One of the hub is downloaded if need be.
  ///
  /// - Throws: `ReportedError`, or `ExitStatus.interrupted` after a message.
  func paths() throws -> ModelPaths {
    let cached = try model.flatMap { try HubModel.find($0, isMappedOnly: isMappedOnly) }
    var paths = try ModelPaths.resolve(
      languageModel: cached?.languageModel ?? model, vision: mmproj ?? cached?.mmproj)
    paths.adapter = lora.last { $0.role == nil }?.path
    return paths
  }

  /// How the weights are loaded.
  ///
  /// - Parameters:
  ///   - budget: of the KV cache, which must fit into memory beside the model.
  ///   - type: how keys and values are stored.
  func loadingOptions(budget: CacheBudget, type: KeyValueType) -> ModelLoadingOptions {
    ModelLoadingOptions(
      budget: budget, type: type, isLocked: mlock, isPrefetched: prefetch, isMappedOnly: isMappedOnly,
      isVisionExact: visionPrecision == .exact)
  }

  /// Loads the model. For the parameters see `loadingOptions`, for the errors `paths`.
  func load(budget: CacheBudget, type: KeyValueType) throws -> LoadedModel {
    try LoadedModel(paths: paths(), threads: threads.count, memory: loadingOptions(budget: budget, type: type))
  }
}

/// A LoRA adapter: a file for the dialogue, or `ROLE=FILE` for a role of the programming agent.
struct AdapterArgument: ExpressibleByArgument {
  var role: CodeRole?
  var path: String

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    // A path may contain an equals sign too. Only a word without slashes and dots before it can be a role.
    guard parts.count == 2, !parts[0].contains("/"), !parts[0].contains(".") else {
      path = argument
      return
    }
    guard let role = CodeRole(rawValue: String(parts[0])), !parts[1].isEmpty else { return nil }
    self.role = role
    path = String(parts[1])
  }
}
