// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Records

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
    if resume && output == nil { throw ValidationError("--resume needs --output FILE") }
  }

  /// Checks that the summary can be written, before the evaluation begins.
  func check() throws(ReportedError) {
    if let json, json != "-" { _ = try RecordOutput(path: json, keepingContents: true) }
  }

  /// Prints the report, and writes the summary where `--json` says. `--json -` prints the summary alone.
  func write(report: @autoclosure () -> String, summary: @autoclosure () -> String) throws(ReportedError) {
    if json != "-" { print(report()) }
    guard let json else { return }
    let text = summary()
    if json == "-" { return print(text) }
    do { try (text + "\n").write(toFile: json, atomically: true, encoding: .utf8) } catch {
      throw .outputUnwritable(message: "\(json) cannot be written: \(error.localizedDescription)")
    }
  }
}
