// SPDX-License-Identifier: Apache-2.0

import Compute

/// The inputs of a decoder's matrices, other matrices in their place, and formats that inputs are cast to.
extension LanguageModel {
  /// Receives the input of every product with the model's matrices, if set.
  public var inputStatistics: InputStatistics? {
    get { engine.inputStatistics }
    set { engine.inputStatistics = newValue }
  }

  /// Multiplies with other matrices in place of the model's own ones of the same names, until it is called again.
  ///
  /// - Throws: `ModelError.compute` where there is no memory for the inputs of quantized ones.
  public func substitute(_ matrices: [WeightMatrix]) throws(ModelError) {
    let columns = matrices.filter(\.takesQuantizedActivations).map(\.columns).max() ?? 0
    try reserve(rank: 0, quantizedColumns: columns)
    engine.substitutes = Dictionary(matrices.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
  }

  /// The inputs of quantized matrices are cast to this format, but for those of the output head; nil for no cast.
  public var activationCast: ActivationCast? {
    get { engine.activationCast }
    set { engine.activationCast = newValue }
  }
}
