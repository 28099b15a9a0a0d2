// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Inference
import Platform
import Records

/// `edgeassist inspect FILE`: what a GGUF file holds, and whether this machine can run it.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Report what a GGUF file holds, what it needs in memory, and whether this machine can run it.",
    discussion: """
      edgeassist inspect model.gguf                        a language model and the vision tower beside it
      edgeassist inspect model.gguf --kv-budget 16384      its memory with a larger KV cache
      edgeassist inspect model-00001-of-00003.gguf         a split model, by any of its parts
      edgeassist inspect mmproj.gguf                       a vision tower or an adapter by itself
      edgeassist inspect model.gguf --json | jq .memory    for scripts

      Only headers are read, so a file of any size is inspected at once; --checksums reads the whole file. A file \
      of an architecture that cannot be run is inspected too. The estimated memory is that of a run that has read all \
      weights and filled the KV cache.
      """)

  @Argument(
    help: ArgumentHelp("A GGUF file: language model, vision tower (mmproj) or adapter.", valueName: "file"),
    completion: .file(extensions: ["gguf"]))
  var file: String

  @OptionGroup var tower: VisionTowerOptions
  @OptionGroup var budget: BudgetOptions
  @OptionGroup var type: CacheTypeOptions
  @OptionGroup var precision: VisionPrecisionOptions
  @OptionGroup var threads: ThreadOptions

  @Flag(name: .long, help: "Print one JSON object instead of tables.")
  var json = false

  @Flag(name: .long, help: "List every tensor.")
  var tensors = false

  @Flag(
    name: .long,
    help: """
      Read the whole file and check each tensor against the checksum (XXH64) that `quantize` has kept for it; list \
      the checksums of a file without. Damage ends with status 1.
      """)
  var checksums = false

  @Flag(name: .long, help: "Report how many bits the sums of the model's matrix products need.")
  var accumulators = false

  func run() throws {
    let inspection: ModelInspection
    do throws(ReportedError) {
      inspection = try ModelInspection(
        path: file, vision: tower.choice(), budget: budget.cacheBudget, type: type.type, threads: threads.count,
        isVisionExact: precision.isExact)
    } catch {
      throw StartFailure.report(error.message)
    }
    if inspection.file.kind != .languageModel {
      let others = GivenOptions.names(of: [
        "--mmproj": tower.mmproj != nil, "--kv-type": type.chosen != nil, "--threads": threads.threads != nil,
        "--vision-precision": precision.chosen != nil,
      ])
      try GivenOptions.refuse(others + budget.given, "on a file that is no language model")
    }
    let checks = checksums ? try checkTensors() : nil
    if json {
      try StandardStreams.print(
        inspection.json(listingTensors: tensors, accumulators: accumulators, checksums: checks))
    } else {
      try StandardStreams.print(
        InspectReport(
          inspection, listsTensors: tensors, listsAccumulators: accumulators, checksums: checks,
          style: .standardOutput
        ).text)
    }
    if checks?.changed.isEmpty == false { throw ExitStatus.someRecordsFailed }
  }

  private func checkTensors() throws -> ChecksumInspection {
    let bar = ProgressBar()
    defer { bar.finish() }
    let stop = StopSource()
    let signals = InterruptSignals { stop.stop() }
    defer { signals.stop() }
    do throws(ReportedError) {
      return try ChecksumInspection(path: file, stop: stop) { bar.show($0, of: $1, "checksums") }
    } catch {
      throw StartFailure.report(error.message)
    }
  }
}
