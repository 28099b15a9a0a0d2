// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Standard input, output and error as the program found them.
enum StandardStreams {
  /// True when the program was started without a standard input.
  ///
  /// Asked first thing: /dev/null is put in place of a closed stream then, lest the next file that is opened take its
  /// number and be read or written as if it were the stream.
  static let inputWasClosed: Bool = {
    let closed = [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO].filter { fcntl($0, F_GETFD) < 0 }
    // The lowest free number is given out first, so that each opening fills the next gap.
    for _ in closed { _ = open("/dev/null", O_RDWR) }
    return closed.contains(STDIN_FILENO)
  }()
}
