// SPDX-License-Identifier: Apache-2.0

import CKernels

/// The instruction sets that the kernels are written for.
public enum InstructionSet: String, Sendable, CaseIterable {
  case portable
  case avx2 = "AVX2"
  case avxVNNI = "AVX-VNNI"
  case avx512 = "AVX-512 VNNI"
  case neon = "NEON"

  /// The fastest one that this machine runs.
  public static var best: InstructionSet {
    [.avx512, .avxVNNI, .avx2, .neon].first(where: \.isAvailable) ?? .portable
  }

  /// Whether this program and this machine have it.
  public var isAvailable: Bool { kernels != nil }

  /// Whether matrices are turned into panels for it; see `WeightLayout`.
  public var supportsRepacking: Bool { self != .portable && kernels?.pointee.knows_panels == 1 }

  var kernels: UnsafePointer<ck_kernels>? {
    switch self {
    case .portable: ck_kernels_for(CK_PORTABLE)
    case .avx2: ck_kernels_for(CK_AVX2)
    case .avxVNNI: ck_kernels_for(CK_AVX_VNNI)
    case .avx512: ck_kernels_for(CK_AVX512_VNNI)
    case .neon: ck_kernels_for(CK_NEON)
    }
  }
}
