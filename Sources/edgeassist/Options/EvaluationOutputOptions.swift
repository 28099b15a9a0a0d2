// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Platform
import Records
import Video

/// Where the results of an evaluation go.
struct EvaluationOutputOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Write a record for each question or task to this file, as JSON Lines.", valueName: "file"),
    completion: .file())
  var output: String?

  @Flag(name: .long, help: "Skip the questions or tasks that the output file already answers.")
  var resume = false

  @Option(
    name: .long,
    help: ArgumentHelp("Write the summary to this file as JSON; - for standard output.", valueName: "file"),
    completion: .file())
  var json: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Plot to this file (PNG) which frames of the last stream each bounded configuration retains, at the last budget.",
      valueName: "file"),
    completion: .file(extensions: ["png"]))
  var plot: String?

  func validate() throws {
    if resume && (output ?? "-") == "-" { throw ValidationError("--resume needs --output FILE") }
    try GivenOptions.refuseSameFile([("--output", output), ("--json", json), ("--plot", plot)])
  }

  private func summaryFile(_ inputs: [String]) -> JSONReportFile {
    JSONReportFile(path: json, kind: "a summary of edgeassist eval", beginning: "{\"evaluation\":", inputs: inputs)
  }

  /// Checks that the summary and the plot can be written, before the evaluation begins.
  ///
  /// - Parameter inputs: files that the evaluation reads. They are never written.
  func check(inputs: [String]) throws {
    try summaryFile(inputs).check()
    guard let plot else { return }
    do throws(OutputError) {
      try OutputFile.check(path: plot, inputs: inputs, replacing: PNGFile.replaceable)
    } catch {
      throw ReportedError.outputUnwritable(message: error.description)
    }
  }

  /// Prints the report, and writes the summary where `--json` says. `--json -` prints the summary alone.
  func write(report: @autoclosure () -> String, summary: @autoclosure () -> String, inputs: [String]) throws {
    try summaryFile(inputs).write(report: report(), json: summary())
  }
}
