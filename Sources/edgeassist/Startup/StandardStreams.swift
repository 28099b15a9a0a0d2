// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Platform
import Records
import Synchronization

/// Standard input, output and error, as the program was started with them. Only this file writes to the last two.
enum StandardStreams {
  /// Whether the program was started without a standard input.
  static var inputWasClosed: Bool { wasInputClosed.load(ordering: .relaxed) }

  private static let wasInputClosed = Atomic(false)

  /// Opens /dev/null in place of each standard stream that is closed. Call it before any file is opened.
  ///
  /// Otherwise the next opened file would get the closed stream's descriptor, and would be read or written in place
  /// of the stream.
  static func openClosed() {
    let closed = [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO].filter { fcntl($0, F_GETFD) < 0 }
    // open() returns the lowest free descriptor, so each call fills the next gap.
    for _ in closed { _ = open("/dev/null", O_RDWR) }
    wasInputClosed.store(closed.contains(STDIN_FILENO), ordering: .relaxed)
  }

  /// Makes a reader that goes away and a file that grows too large errors of the write, for every command. Otherwise
  /// the system would end the program.
  static func ignoreWriteSignals() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
  }

  /// Whether this process may open as many files as the runtime needs before it reads any. Without them the runtime, which
  /// makes threads and handles signals, would end the program without a word.
  static func hasEnoughDescriptors() -> Bool {
    let opened = (0..<fewestDescriptors).map { _ in open("/dev/null", O_RDONLY | O_CLOEXEC) }
    for descriptor in opened where descriptor >= 0 { close(descriptor) }
    return !opened.contains { $0 < 0 }
  }

  private static let fewestDescriptors = 8

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
    writeAll(Array(text.utf8), to: STDERR_FILENO)
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
    let problem = writeAll(Array((text + "\n").utf8), to: STDOUT_FILENO)
    if problem != 0 { throw StartFailure.report("standard output cannot be written: \(errorText(problem))") }
  }
}
