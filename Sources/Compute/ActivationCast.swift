// SPDX-License-Identifier: Apache-2.0

import CKernels

/// A 4-bit format that the inputs of matrix products are cast to: what an accelerator would compute with weights and
/// activations in 4 bits, simulated.
///
/// Blocks of 32 values of E2M1. Products round what the cast leaves to 8 bits, as they round all inputs. That adds less
/// than a tenth of the error of the cast.
public enum ActivationCast: String, Sendable, CaseIterable {
  /// A scale for each block, a power of two (OCP Microscaling Formats 1.0).
  case mxfp4
  /// A scale for positive and one for negative values, in E5M2 (arXiv 2411.09909).
  case amxfp4

  var kernelType: ck_type { self == .mxfp4 ? CK_MXFP4 : CK_AMXFP4 }

  /// The values that a cast leaves of `values`, whose count is a multiple of 32.
  public func cast(_ values: [Float]) -> [Float] {
    precondition(values.count % Int(CK_BLOCK) == 0, "blocks have 32 values")
    return [Float](unsafeUninitializedCapacity: values.count) { target, count in
      count = values.count
      guard let base = target.baseAddress else { return }
      ck_cast(kernelType, values, base, values.count)
    }
  }
}
