// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The normalization of text before it is split and merged.
public enum TextNormalization: String, Sendable, Hashable, CaseIterable {
  /// Text is taken as it is.
  case none
  /// Characters are composed (Unicode Normalization Form C), so that an `e` and a combining accent become `é`.
  case nfc

  func apply(_ utf8: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    // Nothing below U+0300, whose first byte is 0xCC, composes or decomposes.
    guard self == .nfc, utf8.contains(where: { $0 >= 0xCC }) else { return utf8 }
    return Array(String(decoding: utf8, as: UTF8.self).precomposedStringWithCanonicalMapping.utf8)[...]
  }
}
