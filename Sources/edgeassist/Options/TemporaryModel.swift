// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Foundation
import Inference
import ModelFile
import Platform
import Quantization

/// A model in the shape in which it is quantized: the original, or a file that is removed afterwards.
struct TemporaryModel {
  let file: GGUFFile
  /// The file to remove afterwards; nil for the original.
  private let temporaryPath: String?

  init(original: GGUFFile) {
    file = original
    temporaryPath = nil
  }

  /// - Parameters:
  ///   - output: the file that will be written. The temporary one is kept beside it, where there is room for models.
  ///   - write: writes it.
  /// - Throws: what `write` throws, or `GGUFError`.
  private init(beside output: String?, write: (_ path: String, StopSource) throws -> Void) throws {
    let folder = output.map { URL(filePath: $0).deletingLastPathComponent() } ?? FileManager.default.temporaryDirectory
    let path = folder.appending(path: ".edgeassist-reshaped-\(UUID().uuidString).gguf").path
    let stop = StopSource()
    let signals = InterruptSignals { stop.stop() }
    defer { signals.stop() }
    try write(path, stop)
    temporaryPath = path
    do { file = try GGUFFile(path: path) } catch {
      unlink(path)
      throw error
    }
  }

  /// The model without the attention heads that a profile leaves out.
  ///
  /// - Parameter profile: the profile's file; nil leaves out none.
  /// - Throws: `ReportedError` for a profile of another model, `QuantizationError` or `GGUFError`.
  static func pruned(_ original: GGUFFile, by profile: String?, beside output: String?) throws -> TemporaryModel {
    guard let profile else { return TemporaryModel(original: original) }
    let pruning = try PruningProfile(path: profile)
    try pruning.check(original)
    let removal = try HeadRemoval(
      file: original, pruned: pruning.language.heads, heads: pruning.model.keyValueHeads)
    return try TemporaryModel(beside: output) { try removal.write(original, to: $0, stop: $1) }
  }

  /// The model with some of its neurons split, and its calibration.
  ///
  /// - Parameter count: neurons of each layer; nil splits none.
  /// - Throws: `QuantizationError` or `GGUFError`.
  static func split(
    _ original: GGUFFile, splitting count: Int?, calibration: Calibration?, beside output: String?
  ) throws -> (model: TemporaryModel, calibration: Calibration?) {
    guard let count else { return (TemporaryModel(original: original), calibration) }
    let split = try NeuronSplit(file: original, count: count) { calibration?.meanSquares[$0] }
    let model = try TemporaryModel(beside: output) { try split.write(original, to: $0, stop: $1) }
    return (model, calibration?.widened(by: split))
  }

  /// Removes the temporary file.
  func remove() { if let temporaryPath { unlink(temporaryPath) } }
}
