// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BoundedCache
import Compute
import Dialogue
import Foundation
import Inference
import Records
import SessionInterface

/// How exactly the vision tower computes.
enum VisionPrecision: String, ExpressibleByArgument, CaseIterable {
  case fast, exact
}

/// Which model, and how many threads it may use.
struct ModelOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Language model (GGUF). Left out: the small embedded model.", valueName: "file"))
  var model: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Its vision tower (mmproj GGUF). Left out: found beside the model.", valueName: "file"))
  var vision: String?

  @Option(
    name: .customLong("vision-precision"),
    help: ArgumentHelp(
      "fast: floats of the vision tower are rounded to 8 bits, as Q8_0 has them; several times as fast, with half the "
        + "memory. exact: it computes with them as they are stored.",
      valueName: "fast|exact"))
  var visionPrecision = VisionPrecision.fast

  @Option(
    name: .long,
    help: ArgumentHelp(
      "LoRA adapter (GGUF) for the language model, used beside its weights; ROLE=FILE gives one to a role of the "
        + "coding pane: \(CodeRole.allCases.map(\.rawValue).joined(separator: ", ")). May be given again.",
      valueName: "file"))
  var adapter: [AdapterArgument] = []

  @Option(name: .long, help: ArgumentHelp("Worker threads. Left out: one for each processor.", valueName: "n"))
  var threads: Int?

  @Flag(name: .long, help: "Read all weights at the start and keep them from being paged out.")
  var mlock = false

  @Flag(name: .long, help: "Read all weights in the background from the start.")
  var prefetch = false

  @Flag(
    name: .customLong("mmap-only"),
    help: "Run a model that is larger than memory: its weights stay on disk and are paged in. Slow.")
  var isMappedOnly = false

  /// Adapters named for roles; of a role named twice the last counts.
  var roleAdapters: [CodeRole: String] {
    var found: [CodeRole: String] = [:]
    for argument in adapter { if let role = argument.role { found[role] = argument.path } }
    return found
  }

  var threadCount: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }

  func validate() throws {
    if mlock && isMappedOnly { throw ValidationError("--mlock and --mmap-only exclude each other") }
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads must be between 1 and 256, not \(threads)")
    }
  }

  /// The files that make up the model; an adapter for a role is left to the coding pane.
  func paths() throws(ReportedError) -> ModelPaths {
    var paths = try ModelPaths.resolve(languageModel: model, vision: vision)
    paths.adapter = adapter.last { $0.role == nil }?.path
    return paths
  }

  /// How the weights are to be held.
  ///
  /// - Parameters:
  ///   - budget: of the key-value cache, which must fit into memory beside the model.
  ///   - type: how its keys and values are stored.
  func demand(budget: CacheBudget, type: KeyValueType) -> MemoryPlan {
    MemoryPlan(
      budget: budget, type: type, isLocked: mlock, isPrefetched: prefetch, isMappedOnly: isMappedOnly,
      isVisionExact: visionPrecision == .exact)
  }

  /// Loads the model; for the parameters see `demand`.
  func load(budget: CacheBudget, type: KeyValueType) throws(ReportedError) -> LoadedModel {
    try LoadedModel(paths: paths(), threads: threadCount, memory: demand(budget: budget, type: type))
  }
}
