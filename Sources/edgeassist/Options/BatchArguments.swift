// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Where requests come from and where results go.
struct BatchArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Answer these requests (JSON Lines; - for stdin), without a terminal.", valueName: "file"))
  var batch: String?

  @Option(name: .long, help: ArgumentHelp("Write results here. Left out: stdout.", valueName: "file"))
  var output: String?

  @Flag(name: .long, help: "Skip what the output file already answers.")
  var resume = false

  func validate() throws {
    if batch == nil && (output != nil || resume) { throw ValidationError("--output and --resume need --batch") }
    if resume && output == nil { throw ValidationError("--resume needs --output FILE") }
  }
}
