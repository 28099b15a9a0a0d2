// SPDX-License-Identifier: Apache-2.0

import CKernels

/// How cached keys and values are stored. Raw values are the command-line names.
public enum KeyValueType: String, Sendable, CaseIterable {
  /// Half precision, 16 bits a value.
  case f16
  /// Blocks of 32 values, each with a 16-bit scale and 32 8-bit integers: ggml's type of that name.
  case q8_0
  /// 4-bit integers with a scale and a minimum, as KIVI (arXiv 2402.02750) has them: keys share these by channel over
  /// all tokens of a head, values by token.
  case q4
  /// Blocks of 32 values in E2M1, with a scale for positive and one for negative values (arXiv 2411.09909): those of
  /// `TensorType.amxfp4`.
  case amxfp4

  /// Bytes of one head's key of one token.
  public func keyRowBytes(_ headDimension: Int) -> Int { ck_key_row_bytes(rowType, headDimension) }

  /// Bytes of one head's value of one token.
  public func valueRowBytes(_ headDimension: Int) -> Int { ck_value_row_bytes(rowType, headDimension) }

  /// Whether heads of this dimension can be stored: `q8_0` and `amxfp4` need a multiple of 32, `q4` one of
  /// 2.
  public func supports(headDimension: Int) -> Bool {
    switch self {
    case .f16: headDimension > 0
    case .q8_0, .amxfp4: headDimension > 0 && headDimension % Int(CK_BLOCK) == 0
    case .q4: headDimension > 0 && headDimension % 2 == 0
    }
  }

  var rowType: ck_kv_type {
    switch self {
    case .f16: CK_KV_F16
    case .q8_0: CK_KV_Q8_0
    case .q4: CK_KV_Q4
    case .amxfp4: CK_KV_AMXFP4
    }
  }
}
