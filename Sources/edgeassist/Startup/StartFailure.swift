// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation

/// Exit statuses beyond those of the argument parser, as the batch contract sets them.
enum ExitStatus {
  static let someRecordsFailed = ExitCode(1)
  static let couldNotStart = ExitCode(2)
  static let interrupted = ExitCode(130)
}

/// What is said when the program cannot start.
enum StartFailure {
  /// Writes one line to standard error.
  ///
  /// - Returns: the status to end with.
  static func report(_ message: String) -> ExitCode {
    FileHandle.standardError.write(Data("edgeassist: \(message)\n".utf8))
    return ExitStatus.couldNotStart
  }
}
