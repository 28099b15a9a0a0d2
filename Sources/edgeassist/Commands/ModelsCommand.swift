// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import ModelHub
import Records

/// `edgeassist models`: the models that have been downloaded.
struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models",
    abstract: "List the models that have been downloaded, or remove one.",
    discussion: """
      edgeassist models
      edgeassist models --remove ggml-org/SmolVLM2-500M-Video-Instruct-GGUF:Q8_0
      edgeassist models --json | jq -r '.models[].model'

      A name in the list is a value for --model, after hf:. Without a quantization, --remove takes everything of the \
      repository, unfinished downloads too.
      """)

  @Option(
    name: .long,
    help: ArgumentHelp("Remove this model: OWNER/NAME or OWNER/NAME:QUANT.", valueName: "model"))
  var remove: String?

  @Flag(name: .long, help: "Print one JSON object instead of a table.")
  var json = false

  func validate() throws {
    if remove != nil { try GivenOptions.refuse(GivenOptions.names(of: ["--json": json]), "with --remove") }
  }

  func run() throws {
    do {
      let cache = try HubSettings(environment: ProcessInfo.processInfo.environment).cache
      if let remove {
        let freed = try cache.remove(try ModelReference(remove))
        return StandardStreams.report("\(remove) is removed; \(memorySize(freed)) are free again")
      }
      let report = ModelsReport(folder: cache.folder, models: cache.models(), incomplete: cache.incompleteFiles())
      try StandardStreams.print(json ? report.json : report.text(style: .standardOutput))
    } catch let error as HubError {
      throw StartFailure.report(error.message)
    }
  }
}
