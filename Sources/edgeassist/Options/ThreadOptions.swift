// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation

/// How many threads compute.
struct ThreadOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("Worker threads. (default: one per processor)", valueName: "n"))
  var threads: Int?

  var count: Int { threads ?? Self.perProcessor }

  /// One for each processor.
  static var perProcessor: Int { ProcessInfo.processInfo.activeProcessorCount }

  func validate() throws {
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads must be between 1 and 256, not \(threads)")
    }
  }
}
