// SPDX-License-Identifier: Apache-2.0

/// Breaks a text into lines of at most `width` columns.
///
/// Lines break at spaces, after hyphens, and on either side of East Asian characters except where that would put
/// closing punctuation at a line's start or opening punctuation at its end. A word longer than a line is broken
/// between graphemes; a grapheme is never broken, so one wider than `width` stands alone on its line. Spaces at a
/// break belong to no line; spaces at a paragraph's start stay. An empty text is one empty line.
package func wrapped(_ text: String, width: Int) -> [String] {
  let width = max(width, 1)
  return normalizedLines(text).split(separator: "\n", omittingEmptySubsequences: false).flatMap { paragraph in
    wrapParagraph(paragraph, width: width)
  }
}

private func wrapParagraph(_ paragraph: Substring, width: Int) -> [String] {
  var lines: [String] = []
  var line = ""
  var lineWidth = 0
  var spaces = ""

  for piece in pieces(of: paragraph) {
    if piece.isSpace {
      spaces += piece.text
      continue
    }
    let spaceWidth = displayWidth(of: spaces)
    if lineWidth + spaceWidth + piece.width <= width {
      line += spaces + piece.text
      lineWidth += spaceWidth + piece.width
      spaces = ""
      continue
    }
    if !line.isEmpty {
      lines.append(line)
      (line, lineWidth) = ("", 0)
    }
    spaces = ""
    for character in piece.text {
      let characterWidth = displayWidth(of: character)
      if lineWidth + characterWidth > width, !line.isEmpty {
        lines.append(line)
        (line, lineWidth) = ("", 0)
      }
      line.append(character)
      lineWidth += characterWidth
    }
  }
  lines.append(line)
  return lines
}

/// A run that is not broken unless it is longer than a whole line, or a run of spaces.
private struct Piece {
  var text: String
  var width: Int
  var isSpace: Bool
}

private func pieces(of paragraph: Substring) -> [Piece] {
  var result: [Piece] = []
  var previous: Character?
  for character in paragraph {
    let isSpace = character == " "
    let width = displayWidth(of: character)
    if let before = previous, let last = result.indices.last, !mayBreak(between: before, and: character) {
      result[last].text.append(character)
      result[last].width += width
    } else {
      result.append(Piece(text: String(character), width: width, isSpace: isSpace))
    }
    previous = character
  }
  return result
}

private func mayBreak(between before: Character, and after: Character) -> Bool {
  if before == " " || after == " " { return before != after }
  if before == "-" || before == "\u{2010}" { return after.isLetter }
  guard isIdeographic(before) || isIdeographic(after) else { return false }
  return !closing.contains(after) && !opening.contains(before)
}

private func isIdeographic(_ character: Character) -> Bool {
  guard let scalar = character.unicodeScalars.first, scalar.value >= 0x1100 else { return false }
  return displayWidth(of: scalar) == 2
}

private let closing = Set<Character>("。、，．：；！？）」』】》〉〕ー…”’々ゃゅょっャュョッ.,:;!?)]}")
private let opening = Set<Character>("（「『【《〈〔“‘([{")

/// Text made ready to be shown on lines: line ends unified to "\n", tabs widened.
package func normalizedLines(_ text: String) -> String {
  guard text.utf8.contains(where: { $0 == 0x0D || $0 == 0x09 || $0 >= 0x80 }) else { return text }
  var result = ""
  result.reserveCapacity(text.utf8.count)
  for character in text {
    if character == "\t" {
      result += "    "
    } else if character.isNewline {
      result += "\n"
    } else {
      result.append(character)
    }
  }
  return result
}

/// A line in lines of at most `columns`, broken wherever that is reached: the spaces of a program mean something.
func broken(_ runs: [TextRun], columns: Int) -> [[TextRun]] {
  let columns = max(1, columns)
  var lines: [[TextRun]] = [[]]
  var width = 0
  for run in runs {
    var text = ""
    for character in run.text {
      let characterWidth = displayWidth(of: character)
      if width + characterWidth > columns, width > 0 {
        if !text.isEmpty { lines[lines.count - 1].append(TextRun(text, run.style)) }
        lines.append([])
        (text, width) = ("", 0)
      }
      text.append(character)
      width += characterWidth
    }
    if !text.isEmpty { lines[lines.count - 1].append(TextRun(text, run.style)) }
  }
  return lines
}

/// The text, with its middle left out when it is too long: both ends of a path say something.
package func shortened(_ text: String, columns: Int, ellipsis: String) -> String {
  guard displayWidth(of: text) > columns else { return text }
  let room = columns - displayWidth(of: ellipsis)
  guard room > 1 else { return "" }
  var head = ""
  var tail: [Character] = []
  var (headWidth, tailWidth) = (0, 0)
  for character in text {
    let width = displayWidth(of: character)
    guard headWidth + width <= room / 2 else { break }
    head.append(character)
    headWidth += width
  }
  for character in text.reversed() {
    let width = displayWidth(of: character)
    guard headWidth + tailWidth + width <= room else { break }
    tail.append(character)
    tailWidth += width
  }
  return head + ellipsis + String(tail.reversed())
}
