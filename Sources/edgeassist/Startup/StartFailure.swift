// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The message of a program that cannot start.
enum StartFailure {
  /// Writes the message to standard error.
  ///
  /// - Returns: the status to exit with.
  static func report(_ message: String) -> ExitCode {
    StandardStreams.report(message)
    return ExitStatus.couldNotStart
  }
}
