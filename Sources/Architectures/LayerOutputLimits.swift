// SPDX-License-Identifier: Apache-2.0

import ModelFile

/// The magnitudes that no layer's output may exceed: a multiple of the largest that a calibration saw, which
/// `quantize --calibrate` keeps in the file. Above them is what a flipped bit of an exponent does, which is finite and
/// so passes as a number.
struct LayerOutputLimits {
  /// How far above the largest magnitude of the calibration an output may be. Outputs of other texts are seldom above
  /// it twice; a flipped bit of the upper exponent is a factor of at least 2⁴, and mostly of 2⁸ or more.
  static let factor: Float = 16

  /// Of each layer, finite and above 0.
  private let limits: [Float]

  /// The largest finite number for each layer of a model that was not calibrated.
  ///
  /// - Throws: `file` for a key of another kind; `invalidSize` unless there is a number above 0 for each layer, small
  ///   enough to have a limit above it.
  init(file: GGUFFile, layers: Int) throws(ModelError) {
    let key = GGUFMetadata.layerMaximaKey
    let maxima: [Double]?
    do throws(GGUFError) { maxima = try file.metadata.floatsIfPresent(key) } catch { throw .file(error) }
    guard let maxima else {
      limits = Array(repeating: .greatestFiniteMagnitude, count: layers)
      return
    }
    guard maxima.count == layers else {
      throw .invalidSize(
        path: file.path, key: key, value: "\(maxima.count) numbers", allowed: "one for each of \(layers) layers")
    }
    limits = maxima.map { Float($0) * Self.factor }
    if let wrong = zip(maxima, limits).first(where: { !($0 > 0 && $1 > 0 && $1.isFinite) }) {
      throw .invalidSize(path: file.path, key: key, value: "\(wrong.0)", allowed: "numbers above 0 and below 2e37")
    }
  }

  /// The largest magnitude that a layer's output may have.
  subscript(layer: Int) -> Float { limits[layer] }
}
