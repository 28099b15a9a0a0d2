// SPDX-License-Identifier: Apache-2.0

import Compute

/// The inputs of a decoder's matrices, for calibration and for formats of activations.
extension LanguageModel {
  /// Receives the input of every product with the model's matrices, if set.
  public var inputStatistics: InputStatistics? {
    get { engine.inputStatistics }
    set { engine.inputStatistics = newValue }
  }

  /// The inputs of quantized matrices are cast to this format, but for those of the output head; nil for no cast.
  public var activationCast: ActivationCast? {
    get { engine.activationCast }
    set { engine.activationCast = newValue }
  }
}
