// SPDX-License-Identifier: Apache-2.0

// Text of files, models, programs and requests may hold control characters. A terminal obeys them: it moves the cursor,
// clears the screen, fills the clipboard. All such text passes through here before it reaches a terminal, or a log that
// somebody shows on one.

/// A text on one line, with its control characters written out: U+001B becomes `\u{1b}`.
///
/// Written out are control characters (C0 and C1), line breaks, and format characters such as those that change the
/// direction of writing. The joiners U+200C and U+200D stay: words and emoji need them.
///
/// - Parameter keepingLines: leaves line feeds as they are, for a text of several lines.
package func visible(_ text: String, keepingLines: Bool = false) -> String {
  guard text.unicodeScalars.contains(where: { $0.isInvisible }) else { return text }
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    if scalar.isInvisible, !(keepingLines && scalar == "\n") {
      result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
    } else {
      result.append(scalar)
    }
  }
  return String(result)
}

/// A JSON text with the same characters as escape sequences, so that it can be shown on a terminal and means the same.
func escapingInvisible(json: String) -> String {
  guard json.unicodeScalars.contains(where: { $0.isInvisible }) else { return json }
  var result = String.UnicodeScalarView()
  for scalar in json.unicodeScalars {
    // Those below 32 are escaped in strings already; between values they are white space.
    if scalar.value >= 32, scalar.isInvisible {
      for unit in String(scalar).utf16 {
        let digits = String(unit, radix: 16)
        let zeros = String(repeating: "0", count: 4 - digits.count)
        result.append(contentsOf: "\\u\(zeros)\(digits)".unicodeScalars)
      }
    } else {
      result.append(scalar)
    }
  }
  return String(result)
}

extension Unicode.Scalar {
  /// Whether the character has no shape of its own, and an effect.
  fileprivate var isInvisible: Bool {
    if value < 0x7F { return value < 0x20 }
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: return true
    case .format: return value != 0x200C && value != 0x200D
    default: return false
    }
  }
}
