// SPDX-License-Identifier: Apache-2.0

import CKernels

/// How an engine computes exponentials, reciprocals, roots and activation functions.
public enum NonlinearMode: String, Sendable, CaseIterable {
  /// By polynomials and the C library, to a few units of the last place.
  case exact
  /// From tables of 16 lines each: NN-LUT (arXiv 2112.02191). Softmax, SiLU, GELU, sigmoid and norms use them; the
  /// convolutions and gates of recurrent layers do not.
  case lut16

  var kernelValue: ck_nonlinear {
    switch self {
    case .exact: CK_NONLINEAR_EXACT
    case .lut16: CK_NONLINEAR_LUT16
    }
  }
}
