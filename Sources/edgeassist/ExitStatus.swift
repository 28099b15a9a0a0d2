// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Exit statuses besides those of the argument parser, as the batch contract documents them.
enum ExitStatus {
  static let someRecordsFailed = ExitCode(1)
  static let couldNotStart = ExitCode(2)
  static let interrupted = ExitCode(130)
}
