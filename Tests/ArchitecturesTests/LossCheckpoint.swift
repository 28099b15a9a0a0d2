// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The losses of the windows that an earlier run has read, one JSON object a line, so that a run of half an hour can go
/// on.
///
/// Only in the folder that an environment variable names: losses of an earlier build would be compared otherwise.
struct LossCheckpoint {
  static let variable = "EDGEASSIST_CHECKPOINT_DIR"

  /// A window and the sum of its losses.
  private struct Line: Codable {
    var tokens: [Int]
    var loss: Double
  }

  /// The sum of a window's losses, by the window's tokens.
  let losses: [[Int]: Double]
  private let output: FileHandle?

  /// - Parameter run: names the file.
  init(run: String) throws {
    guard let folder = ProcessInfo.processInfo.environment[Self.variable] else {
      losses = [:]
      output = nil
      return
    }
    let file = URL(filePath: folder).appending(path: run + "-losses.jsonl")
    if !FileManager.default.fileExists(atPath: file.path) { try Data().write(to: file) }
    // A last line that was cut off does not decode.
    let lines = try Data(contentsOf: file).split(separator: UInt8(ascii: "\n"))
      .compactMap { try? JSONDecoder().decode(Line.self, from: $0) }
    losses = Dictionary(lines.map { ($0.tokens, $0.loss) }) { first, _ in first }
    let output = try FileHandle(forWritingTo: file)
    try output.seekToEnd()
    self.output = output
  }

  /// Writes a window's loss at once.
  func add(_ tokens: [Int], loss: Double) throws {
    let line = try JSONEncoder().encode(Line(tokens: tokens, loss: loss))
    try output?.write(contentsOf: Data("\n".utf8) + line)
  }
}
