// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Foundation
import ModelFile
import Platform
import Quantization

/// The model that is quantized: the original, or a file with some of its neurons split, until it is removed.
struct SplitModel {
  /// The model that is quantized.
  let file: GGUFFile
  /// The calibration of this model.
  let calibration: Calibration?
  /// The file to remove afterwards; nil for the original.
  private let temporaryPath: String?

  /// - Parameters:
  ///   - count: neurons of each layer; nil splits none.
  ///   - output: the file that will be written. The split model is kept beside it, where there is room for models.
  /// - Throws: `QuantizationError` or `GGUFError`.
  init(_ original: GGUFFile, splitting count: Int?, calibration: Calibration?, beside output: String?) throws {
    guard let count else {
      file = original
      self.calibration = calibration
      temporaryPath = nil
      return
    }
    let split = try NeuronSplit(file: original, count: count) { calibration?.meanSquares[$0] }
    let folder = output.map { URL(filePath: $0).deletingLastPathComponent() } ?? FileManager.default.temporaryDirectory
    let path = folder.appending(path: ".edgeassist-split-\(UUID().uuidString).gguf").path
    let stop = StopSource()
    let signals = InterruptSignals { stop.stop() }
    defer { signals.stop() }
    try split.write(original, to: path, stop: stop)
    temporaryPath = path
    do { file = try GGUFFile(path: path) } catch {
      unlink(path)
      throw error
    }
    self.calibration = calibration?.widened(by: split)
  }

  /// Removes the file of the split model.
  func remove() { if let temporaryPath { unlink(temporaryPath) } }
}
