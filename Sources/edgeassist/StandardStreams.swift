// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Platform
import Records

/// Standard output and standard error. Only this file writes to them.
enum StandardStreams {
  /// Writes a message as a line on standard error, after the program's name. What cannot be written is lost.
  static func report(_ message: String) {
    draw("edgeassist: \(visible(message))\n")
  }

  /// Writes a text of several lines on standard error. What cannot be written is lost.
  static func writeError(_ text: String) {
    draw(visible(text, keepingLines: true) + "\n")
  }

  /// Writes on standard error as it is: what it holds of others is visible already. What cannot be written is lost.
  static func draw(_ text: String) {
    _ = writeAll(Array(text.utf8), to: STDERR_FILENO, unless: { InterruptSignals.arrival.isStopped })
  }

  /// Checks that standard output is open for writing, before the work that makes what is printed.
  ///
  /// - Throws: `ExitStatus.couldNotStart` after a message.
  static func checkOutput() throws(ExitCode) {
    if fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE == O_RDONLY { throw outputFailure(EBADF) }
  }

  /// Writes a report or a JSON text on standard output, and a line feed.
  ///
  /// - Throws: `ExitStatus.couldNotStart` after a message, if it cannot be written.
  static func print(_ text: String) throws(ExitCode) {
    try write(ReportStyle.visible(text))
  }

  /// Writes a text of the program's own on standard output as it is, and a line feed.
  ///
  /// - Throws: `ExitStatus.couldNotStart` after a message, if it cannot be written.
  static func write(_ text: String) throws(ExitCode) {
    let problem = writeAll(
      Array((text + "\n").utf8), to: STDOUT_FILENO, unless: { InterruptSignals.arrival.isStopped })
    if problem != 0 { throw outputFailure(problem) }
  }

  private static func outputFailure(_ code: Int32) -> ExitCode {
    StartFailure.report("standard output cannot be written: \(errorText(code))")
  }
}
