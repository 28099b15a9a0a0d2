// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The message of a program that cannot start.
enum StartFailure {
  /// Writes the message to standard error. After a signal nothing is written: what fails then, fails because of it.
  ///
  /// - Returns: the status to exit with.
  static func report(_ message: String) -> ExitCode {
    if InterruptSignals.arrival.isStopped { return ExitStatus.interrupted }
    StandardStreams.report(message)
    return ExitStatus.couldNotStart
  }
}
