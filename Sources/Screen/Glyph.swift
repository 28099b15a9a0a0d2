// SPDX-License-Identifier: Apache-2.0

/// One spacing position of the terminal: a base character with its combining characters.
package struct Glyph: Equatable, Sendable {
  /// One or more scalars; never a control character.
  package var text: String
  /// Columns: 1 or 2.
  package var width: Int

  /// Memberwise; checks nothing.
  package init(text: String, width: Int) {
    self.text = text
    self.width = width
  }
}

/// The glyphs of a grapheme: mostly one, none for an invisible character.
///
/// Terminals disagree about some widths. The form with an undisputed width is chosen, so that nothing behind it on the
/// line is ever displaced. Joined emoji are shown side by side. Skin tones, variation selectors, and invisible and
/// direction-changing formats are left out. Control characters other than line breaks become U+FFFD, so that no text
/// from outside can speak to the terminal.
package func glyphs(of character: Character) -> [Glyph] {
  if let value = character.asciiValue {
    guard (0x20..<0x7F).contains(value) else {
      return character.isNewline ? [] : [Glyph(text: "\u{FFFD}", width: 1)]
    }
    return [Glyph(text: String(character), width: 1)]
  }
  var result: [Glyph] = []
  var marks = 0
  for scalar in character.unicodeScalars {
    if scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .surrogate {
      if !character.isNewline { result.append(Glyph(text: "\u{FFFD}", width: 1)) }
      continue
    }
    let isTone = (0x1F3FB...0x1F3FF).contains(scalar.value) && !result.isEmpty
    if isTone || isLeftOut(scalar) { continue }
    let width = displayWidth(of: scalar)
    if width > 0 {
      result.append(Glyph(text: String(scalar), width: width))
      marks = 0
    } else if marks < mostMarks {
      if result.isEmpty { result.append(Glyph(text: " ", width: 1)) }
      result[result.count - 1].text.unicodeScalars.append(scalar)
      marks += 1
    }
  }
  return result
}

/// Combining marks that one cell holds; the rest of a longer pile is not shown.
private let mostMarks = 3

private func isLeftOut(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .format: return displayWidth(of: scalar) == 0
  case .lineSeparator, .paragraphSeparator: return true
  default: return scalar.properties.isVariationSelector
  }
}
