// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Foundation
import Inference
import ModelFile
import Platform
import Quantization
import Records

/// A model in the shape in which it is quantized: the original, or a file without a name, of which nothing is left on
/// the disk however the program ends.
struct TemporaryModel {
  /// Its path can be opened again while this value lives.
  let file: GGUFFile
  /// Keeps the file without a name; nil for the original.
  private let handle: FileHandle?

  init(original: GGUFFile) {
    file = original
    handle = nil
  }

  /// - Parameters:
  ///   - output: the file that will be written. The temporary one is beside it, where there is room for models.
  ///   - write: writes it.
  /// - Throws: what `write` throws, `GGUFError`, or `ReportedError` with the code `output_unwritable`.
  private init(beside output: String?, write: (_ path: String, StopSource) throws -> Void) throws {
    let folder = output.map { URL(filePath: $0).deletingLastPathComponent() } ?? FileManager.default.temporaryDirectory
    let path = folder.appending(path: ".edgeassist-reshaped-\(UUID().uuidString).gguf").path
    let stop = StopSource()
    let signals = InterruptSignals { stop.stop() }
    defer { signals.stop() }
    try write(path, stop)
    defer { unlink(path) }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw ReportedError(.outputUnwritable, "\(path) cannot be opened after it was written")
    }
    self.handle = handle
    file = try GGUFFile(path: "/proc/self/fd/\(handle.fileDescriptor)")
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
}
