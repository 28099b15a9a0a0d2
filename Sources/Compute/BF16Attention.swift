// SPDX-License-Identifier: Apache-2.0

import CKernels

/// Whether attention of activations over each other multiplies in bfloat16 instead of in floats.
///
/// It concerns attention over matrices of floats, as in a vision tower, and not over a key-value cache. Sums stay in
/// 32-bit floats.
public enum BF16Attention: Sendable {
  /// Multiplies floats.
  case never
  /// Rounds to bfloat16 on processors where that is faster: AMD's with AVX512-BF16.
  case auto
  /// Rounds to bfloat16 on all processors that have instructions for it.
  case always

  var kernelRounding: ck_rounding {
    switch self {
    case .never: CK_ROUNDS_NEVER
    case .auto: CK_ROUNDS_WHERE_FASTER
    case .always: CK_ROUNDS_WHEREVER
    }
  }
}
