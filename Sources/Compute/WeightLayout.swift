// SPDX-License-Identifier: Apache-2.0

import CKernels
import ModelFile

/// How the weights of a matrix lie in memory while products with it are computed.
public enum WeightLayout: Sendable, Equatable {
  /// As the mapped file has them. The system may page them in and out.
  case mapped
  /// Quantized weights are repacked into panels at the first product, and the file's own pages are released.
  ///
  /// Types without panels, and machines whose instruction set has none, use the mapped weights.
  case repacked
  /// As `repacked`, and matrices of floats are quantized to panels of Q8_0.
  case repackedQ8
}

extension WeightLayout {
  /// The type of the panels that rows are repacked to; nil if the weights are used as the file has them.
  ///
  /// - Parameter columns: length of a row.
  func panelType(of type: TensorType, columns: Int) -> ck_type? {
    guard self == .repackedQ8 || self == .repacked && type.isQuantized, let stored = type.kernelType else { return nil }
    let panels = ck_repacked_type(stored, columns)
    return panels == CK_F32 ? nil : panels
  }
}
