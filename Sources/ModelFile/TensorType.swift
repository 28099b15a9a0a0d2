// SPDX-License-Identifier: Apache-2.0

/// How a tensor's elements are stored in a GGUF file.
///
/// Every type that ggml writes is known by name and size, so that any file can be opened and looked at;
/// `isSupported` says which of them can be computed with. Raw values are ggml's codes; the gaps are types it withdrew.
/// Codes from `firstOwnCode` on are this program's own types, which other programs refuse.
public enum TensorType: UInt32, Sendable, Hashable, CaseIterable {
  case f32 = 0
  case f16 = 1
  case q4_0 = 2
  case q4_1 = 3
  case q5_0 = 6
  case q5_1 = 7
  case q8_0 = 8
  case q8_1 = 9
  case q2_K = 10
  case q3_K = 11
  case q4_K = 12
  case q5_K = 13
  case q6_K = 14
  case q8_K = 15
  case iq2_xxs = 16
  case iq2_xs = 17
  case iq3_xxs = 18
  case iq1_s = 19
  case iq4_nl = 20
  case iq3_s = 21
  case iq2_s = 22
  case iq4_xs = 23
  case i8 = 24
  case i16 = 25
  case i32 = 26
  case i64 = 27
  case f64 = 28
  case iq1_m = 29
  case bf16 = 30
  case tq1_0 = 34
  case tq2_0 = 35
  case mxfp4 = 39
  case nvfp4 = 40
  case q1_0 = 41
  case amxfp4 = 0xEA01
  case dint4 = 0xEA02
  case sawb2 = 0xEA03

  /// The first code of this program's own types, far above ggml's.
  public static let firstOwnCode: UInt32 = 0xEA01

  /// True for the types that only this program reads.
  public var isOwn: Bool { rawValue >= Self.firstOwnCode }

  /// The type with ggml's number for it; nil for a number that ggml never gave or took back.
  public init?(ggufCode: UInt32) {
    self.init(rawValue: ggufCode)
  }

  /// ggml's number for the type, as tensor tables hold it.
  public var ggufCode: UInt32 { rawValue }

  /// The customary name, such as `F16` or `Q4_K`.
  public var name: String { "\(self)".uppercased() }

  /// Elements that share one block; rows are whole numbers of blocks.
  public var elementsPerBlock: Int {
    switch self {
    case .f32, .f16, .bf16, .f64, .i8, .i16, .i32, .i64: 1
    case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q8_1, .iq4_nl, .mxfp4, .amxfp4, .dint4: 32
    case .nvfp4: 64
    case .q1_0: 128
    case .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .q8_K, .iq2_xxs, .iq2_xs, .iq3_xxs, .iq1_s, .iq3_s, .iq2_s, .iq4_xs,
      .iq1_m, .tq1_0, .tq2_0, .sawb2:
      256
    }
  }

  /// Bytes of one block, scales included.
  public var bytesPerBlock: Int {
    switch self {
    case .i8: 1
    case .f16, .bf16, .i16: 2
    case .f32, .i32: 4
    case .f64, .i64: 8
    case .q4_0, .iq4_nl, .q1_0, .amxfp4, .dint4: 18
    case .q4_1: 20
    case .q5_0: 22
    case .q5_1: 24
    case .q8_0: 34
    case .q8_1, .nvfp4: 36
    case .q2_K: 84
    case .q3_K, .iq3_s: 110
    case .q4_K: 144
    case .q5_K: 176
    case .q6_K: 210
    case .q8_K: 292
    case .iq2_xxs, .tq2_0, .sawb2: 66
    case .iq2_xs: 74
    case .iq3_xxs: 98
    case .iq1_s: 50
    case .iq2_s: 82
    case .iq4_xs: 136
    case .iq1_m: 56
    case .tq1_0: 54
    case .mxfp4: 17
    }
  }

  /// True for the types that the runtime computes with.
  public var isSupported: Bool {
    switch self {
    case .f32, .f16, .bf16, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .iq4_nl, .iq4_xs,
      .mxfp4, .nvfp4, .tq1_0, .tq2_0, .amxfp4, .dint4, .sawb2:
      true
    default: false
    }
  }

  /// True where several elements share one scale.
  public var isQuantized: Bool { elementsPerBlock > 1 }

  /// Bits of one element, without its share of the scales. Ternary values count as 2 bits.
  public var bitsPerWeight: Int {
    switch self {
    case .f64, .i64: 64
    case .f32, .i32: 32
    case .f16, .bf16, .i16: 16
    case .q8_0, .q8_1, .q8_K, .i8: 8
    case .q6_K: 6
    case .q5_0, .q5_1, .q5_K: 5
    case .q4_0, .q4_1, .q4_K, .iq4_nl, .iq4_xs, .mxfp4, .nvfp4, .amxfp4, .dint4: 4
    case .q3_K, .iq3_xxs, .iq3_s: 3
    case .q2_K, .iq2_xxs, .iq2_xs, .iq2_s, .tq1_0, .tq2_0, .sawb2: 2
    case .iq1_s, .iq1_m, .q1_0: 1
    }
  }
}
