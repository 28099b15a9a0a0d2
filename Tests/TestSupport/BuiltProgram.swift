// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Programs that were built together with the tests.
public enum BuiltProgram {
  /// Finds a program beside the running test runner's bundle, else in the checkout's folders of builds.
  ///
  /// - Parameter name: the name of the program's target.
  /// - Returns: the first file that can be run; where there is none, the place beside the bundle.
  public static func url(named name: String) -> URL {
    let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    let folders = [beside] + ["release", "debug"].map { Checkout.root.appending(path: ".build/\($0)") }
    let places = folders.map { $0.appending(path: name) }
    return places.first { FileManager.default.isExecutableFile(atPath: $0.path) } ?? places[0]
  }
}
