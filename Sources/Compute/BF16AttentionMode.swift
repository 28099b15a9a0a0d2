// SPDX-License-Identifier: Apache-2.0

import CKernels

/// Whether attention of activations over each other multiplies in bfloat16 instead of in floats.
///
/// It concerns attention over matrices of floats, as in a vision tower, and not over a key-value cache. Sums stay in
/// 32-bit floats.
public enum BF16AttentionMode: Sendable {
  /// Multiplies floats.
  case never
  /// Rounds to bfloat16 on processors where that is faster: AMD's with AVX512-BF16.
  case auto
  /// Rounds to bfloat16 on all processors that have instructions for it.
  case always

  /// Whether this machine has instructions for it.
  public static var isAvailable: Bool { ck_has_bf16_attention() != 0 }

  var kernelValue: ck_bf16_attention {
    switch self {
    case .never: CK_BF16_ATTENTION_NEVER
    case .auto: CK_BF16_ATTENTION_AUTO
    case .always: CK_BF16_ATTENTION_ALWAYS
    }
  }
}
