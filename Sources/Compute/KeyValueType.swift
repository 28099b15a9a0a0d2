// SPDX-License-Identifier: Apache-2.0

import CKernels

/// How the numbers of cached keys and values are stored. Raw values are the command-line names.
public enum KeyValueType: String, Sendable, CaseIterable {
  /// 16-bit floats.
  case f16
  /// Blocks of 32 numbers: a 16-bit scale and 32 bytes, as ggml's type of that name.
  case q8_0
  /// Four bits a number: of keys with a step and a lowest number for each channel, which all tokens of a head share; of
  /// values with a step and a lowest number for each token.
  case q4

  /// Bytes of one head's key of one token.
  public func keyRowBytes(_ headDimension: Int) -> Int { ck_key_row_bytes(rowType, headDimension) }

  /// Bytes of one head's value of one token.
  public func valueRowBytes(_ headDimension: Int) -> Int { ck_value_row_bytes(rowType, headDimension) }

  /// Whether rows of that many numbers can be stored so: `q8_0` wants a multiple of 32, `q4` of 2.
  public func supports(headDimension: Int) -> Bool {
    switch self {
    case .f16: headDimension > 0
    case .q8_0: headDimension > 0 && headDimension % Int(CK_BLOCK) == 0
    case .q4: headDimension > 0 && headDimension % 2 == 0
    }
  }

  var rowType: ck_row_type {
    switch self {
    case .f16: CK_ROWS_F16
    case .q8_0: CK_ROWS_Q8_0
    case .q4: CK_ROWS_Q4
    }
  }
}
