// SPDX-License-Identifier: Apache-2.0

import Platform
import Records

/// Where a report goes: to standard output as tables, and as JSON to the file of `--json`, or to standard output alone.
struct JSONReportFile {
  /// nil for no file; `-` for standard output.
  var path: String?
  /// The files that may be replaced, for messages.
  var kind: String
  /// The bytes that such files begin with.
  var beginning: String
  /// Files that this run reads. They are never written.
  var inputs: [String] = []

  private var replaceable: OutputFile.Replacement { .kind(kind, beginning: beginning) }

  /// Checks that the file and standard output can be written, before the work begins.
  ///
  /// - Throws: `ReportedError.outputUnwritable`, or `ExitCode` for standard output.
  func check() throws {
    try StandardStreams.checkOutput()
    guard let path, path != "-" else { return }
    do throws(OutputError) { try OutputFile.check(path: path, inputs: inputs, replacing: replaceable) } catch {
      throw ReportedError.outputUnwritable(message: error.description)
    }
  }

  /// Prints the report and writes the file. `--json -` prints the JSON alone.
  ///
  /// - Throws: `ReportedError.outputUnwritable`, or `ExitCode` if standard output cannot be written.
  func write(report: @autoclosure () -> String, json: @autoclosure () -> String) throws {
    guard path != "-" else { return try StandardStreams.print(json()) }
    var problem: ReportedError?
    if let path {
      // The file first: a terminal that is gone does not take it along.
      do throws(OutputError) {
        try OutputFile.write(
          json() + "\n", to: path, inputs: inputs, replacing: replaceable, stop: InterruptSignals.arrival)
      } catch {
        problem = .outputUnwritable(message: error.description)
      }
    }
    try StandardStreams.print(report())
    if let problem { throw problem }
  }
}
