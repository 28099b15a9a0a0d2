import CKernels

/// Whether attention of rows of floats over each other rounds to bfloat16 what it multiplies.
public enum AttentionRounding: Sendable {
  case never
  /// On processors that are faster so.
  case whereFaster
  /// On processors that have instructions for it.
  case wherever

  var kernelRounding: ck_rounding {
    switch self {
    case .never: CK_ROUNDS_NEVER
    case .whereFaster: CK_ROUNDS_WHERE_FASTER
    case .wherever: CK_ROUNDS_WHEREVER
    }
  }
}
