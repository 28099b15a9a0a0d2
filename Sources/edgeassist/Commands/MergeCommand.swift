// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Assistant
import Platform
import Records

/// `edgeassist merge`: the results of several shards as one file.
struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Join the results of several shards of a batch, in the order of the requests.",
    discussion: """
      edgeassist --batch requests.jsonl --shard 1/2 --output part-1.jsonl      on one machine
      edgeassist --batch requests.jsonl --shard 2/2 --output part-2.jsonl      on another
      edgeassist merge --requests requests.jsonl --output results.jsonl part-*.jsonl

      What has no result is named on standard error, and the status is 1 then. Run its shard again with --resume. Of \
      two results of a turn an answer is taken before an error. The parts are left as they are.
      """)

  @Option(
    name: .long, help: ArgumentHelp("The request file that all shards have read.", valueName: "file"),
    completion: .file(extensions: ["jsonl"]))
  var requests: String

  @Option(
    name: .long, help: ArgumentHelp("Write results to this file. (default: standard output)", valueName: "file"),
    completion: .file())
  var output: String?

  @Argument(
    help: ArgumentHelp("Result files of the shards.", valueName: "files"), completion: .file(extensions: ["jsonl"]))
  var files: [String]

  /// What is missing is named up to this many.
  private static let mostNames = 20

  func run() throws {
    let stop = StopSource()
    let signals = InterruptSignals { stop.stop() }
    defer { signals.stop() }
    let summary: ResultMerge.Summary
    do throws(ReportedError) {
      summary = try ResultMerge(requests: requests, shards: files, stop: stop).run(output: output)
    } catch {
      throw StartFailure.report(error.message)
    }
    if stop.isStopped { throw ExitStatus.interrupted }
    var text = "\(summary.requests) requests, \(summary.results) results"
    if summary.errors > 0 { text += ", \(summary.errors) of them errors" }
    if summary.strangers > 0 {
      text += "; left out: \(summary.strangers) results of requests that are not in \(requests)"
    }
    StandardStreams.report(text)
    if !summary.missing.isEmpty {
      let names = summary.missing.prefix(Self.mostNames).joined(separator: ", ")
      let rest = summary.missing.count - Self.mostNames
      StandardStreams.report("no result of: \(names)" + (rest > 0 ? " and \(rest) more" : ""))
    }
    if !summary.missing.isEmpty || summary.errors > 0 { throw ExitStatus.someRecordsFailed }
  }
}
