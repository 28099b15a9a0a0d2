// SPDX-License-Identifier: Apache-2.0

import CKernels

/// Whether attention of rows of floats over each other rounds to bfloat16 what it multiplies.
public enum BF16Attention: Sendable {
  case never
  /// On processors that are faster so.
  case auto
  /// On processors that have instructions for it.
  case always

  var kernelRounding: ck_rounding {
    switch self {
    case .never: CK_ROUNDS_NEVER
    case .auto: CK_ROUNDS_WHERE_FASTER
    case .always: CK_ROUNDS_WHEREVER
    }
  }
}
