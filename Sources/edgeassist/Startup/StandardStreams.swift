// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// Standard input, output and error, as the program was started with them.
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

  /// Writes a message as a line on standard error, after the program's name.
  static func report(_ message: String) {
    FileHandle.standardError.write(Data("edgeassist: \(message)\n".utf8))
  }
}
