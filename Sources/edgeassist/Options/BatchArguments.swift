// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Where requests come from and where results go.
struct BatchArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Answer the requests of this file (JSON Lines; - for standard input), without a terminal.", valueName: "file"),
    completion: .file(extensions: ["jsonl"]))
  var batch: String?

  @Option(
    name: .long, help: ArgumentHelp("Write results to this file. (default: standard output)", valueName: "file"),
    completion: .file())
  var output: String?

  @Flag(name: .long, help: "Skip the requests that the output file already answers.")
  var resume = false

  func validate() throws {
    if batch == nil && (output != nil || resume) { throw ValidationError("--output and --resume need --batch") }
    if resume && output == nil { throw ValidationError("--resume needs --output FILE") }
  }
}
