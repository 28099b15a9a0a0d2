// SPDX-License-Identifier: Apache-2.0

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
