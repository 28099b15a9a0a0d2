// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Assistant
import Platform

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

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Answer the K-th of N parts of the requests, divided by their ids: one machine runs 1/4, another 2/4, and "
        + "`edgeassist merge` joins their results. slurm: the part of this task of a Slurm job array.",
      valueName: "k/n"))
  var shard: ShardArgument?

  func validate() throws {
    if batch == nil, shard != nil { throw ValidationError("--shard needs --batch") }
    if shard != nil, shard?.shard == nil {
      throw ValidationError(
        "--shard slurm is for a task of a Slurm job array (sbatch --array), whose SLURM_ARRAY_TASK_ID, _MIN and _COUNT "
          + "it reads")
    }
    if batch == nil && (output != nil || resume) { throw ValidationError("--output and --resume need --batch") }
    if resume && (output ?? "-") == "-" { throw ValidationError("--resume needs --output FILE") }
  }
}

/// `2/4`, or `slurm`.
struct ShardArgument: ExpressibleByArgument {
  /// nil for `slurm` outside of a job array.
  var shard: BatchShard?

  init?(argument: String) {
    if argument == "slurm" {
      shard = BatchShard(slurm: ProcessEnvironment.current)
      return
    }
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let number = parts[0], let count = parts[1] else { return nil }
    guard let shard = BatchShard(number: number, of: count) else { return nil }
    self.shard = shard
  }
}
