// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Inference
import Records

/// `edgeassist inspect FILE`: what a GGUF holds, and whether this machine can run it.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Say what a GGUF file holds, what it needs in memory, and whether this machine can run it.",
    discussion: """
      edgeassist inspect model.gguf                        a language model and the vision tower beside it
      edgeassist inspect model.gguf --kv-budget 16384      its memory with a larger cache
      edgeassist inspect model-00001-of-00003.gguf         a split model, by any of its parts
      edgeassist inspect mmproj.gguf                       a vision tower or an adapter by itself
      edgeassist inspect model.gguf --json | jq .memory    for scripts

      Only headers are read: a file of any size is inspected at once. A file of an architecture that cannot be run \
      is inspected all the same. The memory foretold is that of a run that has read all weights and filled the budget.
      """)

  @Argument(help: ArgumentHelp("A GGUF file: language model, vision tower (mmproj) or adapter.", valueName: "file"))
  var file: String

  @Option(
    name: .long, help: ArgumentHelp("The vision tower. Left out: found beside the model.", valueName: "file"))
  var vision: String?

  @OptionGroup var budget: BudgetOptions

  @Option(name: .long, help: ArgumentHelp("Worker threads. Left out: one for each processor.", valueName: "n"))
  var threads: Int?

  @Flag(name: .long, help: "One JSON object instead of tables.")
  var json = false

  @Flag(name: .long, help: "List every tensor.")
  var tensors = false

  func validate() throws {
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads must be between 1 and 256, not \(threads)")
    }
  }

  func run() throws {
    let inspection: ModelInspection
    do throws(ReportedError) {
      inspection = try ModelInspection(
        path: file, vision: vision, budget: budget.dialogueBudget, type: budget.type,
        threads: threads ?? ProcessInfo.processInfo.activeProcessorCount)
    } catch {
      throw StartFailure.report(error.message)
    }
    if json {
      print(inspection.json(listingTensors: tensors))
    } else {
      print(InspectReport(inspection, listsTensors: tensors, style: .standardOutput).text)
    }
  }
}
