// SPDX-License-Identifier: Apache-2.0

import CKernels

/// The instruction sets that there are kernels for.
public enum InstructionSet: String, Sendable, CaseIterable {
  /// Plain C, on every machine: the reference that the others are tested against.
  case portable
  /// x86-64 with AVX2 and FMA.
  case avx2 = "AVX2"
  /// AVX2 with the 256-bit dot products of bytes.
  case avxVNNI = "AVX-VNNI"
  /// AVX-512 F, BW, VL and DQ, with the dot products of bytes.
  case avx512 = "AVX-512 VNNI"
  /// AArch64 with dot products of bytes; with products of matrices (I8MM) where the processor has them.
  case neon = "NEON"

  /// The fastest one of this machine.
  public static var best: InstructionSet {
    [.avx512, .avxVNNI, .avx2, .neon].first(where: \.isAvailable) ?? .portable
  }

  /// Whether this program was built with its kernels and this machine runs them.
  public var isAvailable: Bool { kernels != nil }

  /// Whether its kernels multiply with weights repacked into panels; see `WeightLayout`.
  public var supportsRepacking: Bool { self != .portable && kernels?.pointee.supports_repacking == 1 }

  /// Tokens of the tiles of repacked weights, in rising order; none where repacked weights are not multiplied with.
  public var tileSizes: [Int] {
    guard supportsRepacking, let tiles = kernels?.pointee.panel_tiles else { return [] }
    return Set([tiles.0, tiles.1, tiles.2]).sorted()
  }

  /// Bytes that repacked weights are prefetched ahead with one token, unless a schedule says otherwise.
  public var prefetchBytes: Int { kernels?.pointee.prefetch_bytes ?? 0 }

  /// The table of its kernels; nil if it is not available.
  var kernels: UnsafePointer<ck_kernels>? {
    switch self {
    case .portable: ck_kernels_for(CK_PORTABLE)
    case .avx2: ck_kernels_for(CK_AVX2)
    case .avxVNNI: ck_kernels_for(CK_AVX_VNNI)
    case .avx512: ck_kernels_for(CK_AVX512_VNNI)
    case .neon: ck_kernels_for(CK_NEON_I8MM) ?? ck_kernels_for(CK_NEON)
    }
  }
}
