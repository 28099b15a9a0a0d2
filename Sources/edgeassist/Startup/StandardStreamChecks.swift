// SPDX-License-Identifier: Apache-2.0

import Platform
import Synchronization

/// Standard input, output and error, as the program was started with them, made ready before anything else.
enum StandardStreamChecks {
  /// Whether the program was started without a standard input.
  static var inputWasClosed: Bool { wasInputClosed.load(ordering: .relaxed) }

  private static let wasInputClosed = Atomic(false)

  /// Opens /dev/null in place of each standard stream that is closed. Call it before any file is opened.
  ///
  /// Otherwise the next opened file would get the closed stream's descriptor, and would be read or written in place
  /// of the stream. A standard output that was closed still cannot be written: what is printed is an error, and not
  /// lost.
  static func openClosed() {
    let closed = [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO].filter { fcntl($0, F_GETFD) < 0 }
    // open() returns the lowest free descriptor, so each call fills the next gap.
    for number in closed { _ = open("/dev/null", number == STDOUT_FILENO ? O_RDONLY : O_RDWR) }
    wasInputClosed.store(closed.contains(STDIN_FILENO), ordering: .relaxed)
  }

  /// Makes a reader that goes away and a file that grows too large errors of the write, for every command. Otherwise
  /// the system would end the program.
  static func ignoreWriteSignals() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
  }

  /// Whether this process may open as many files as the runtime needs before it reads any. Without them the runtime,
  /// which makes threads and handles signals, would end the program without a word.
  static func hasEnoughDescriptors() -> Bool {
    let opened = (0..<fewestDescriptors).map { _ in open("/dev/null", O_RDONLY | O_CLOEXEC) }
    for descriptor in opened where descriptor >= 0 { close(descriptor) }
    return !opened.contains { $0 < 0 }
  }

  private static let fewestDescriptors = 8
}
