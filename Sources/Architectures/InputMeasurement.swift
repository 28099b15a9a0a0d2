// SPDX-License-Identifier: Apache-2.0

import Compute

/// The inputs of a decoder's matrices, for calibration.
extension LanguageModel {
  /// Receives the input of every product with the model's matrices, if set.
  public var inputStatistics: InputStatistics? {
    get { engine.inputStatistics }
    set { engine.inputStatistics = newValue }
  }
}
