// SPDX-License-Identifier: Apache-2.0

/// The kinds of characters that the pre-tokenizer tells apart.
enum CharacterKind: UInt8, Sendable {
  /// `\p{L}`
  case letter
  /// `\p{N}`
  case number
  /// U+0020
  case space
  /// `\r`, `\n`
  case lineBreak
  /// The rest of `\s`: Unicode's White_Space.
  case otherSpace
  /// `[^\s\p{L}\p{N}]`
  case other

  var isWhitespace: Bool { self == .space || self == .lineBreak || self == .otherSpace }

  /// Of each ASCII character, which most text is made of.
  static let ascii: [CharacterKind] = (0..<0x80).map { CharacterKind(UInt32($0)) }

  /// - Parameter marksAreLetters: whether `\p{M}` counts as `\p{L}`.
  init(_ value: UInt32, marksAreLetters: Bool = false) {
    switch value {
    case 0x20: self = .space
    case 0x0A, 0x0D: self = .lineBreak
    case 0x09, 0x0B, 0x0C, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000:
      self = .otherSpace
    default:
      switch Unicode.Scalar(value)?.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: self = .letter
      case .decimalNumber, .letterNumber, .otherNumber: self = .number
      case .nonspacingMark, .spacingMark, .enclosingMark: self = marksAreLetters ? .letter : .other
      default: self = .other
      }
    }
  }
}
