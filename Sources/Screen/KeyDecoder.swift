import CNcurses

/// Turns what the terminal sends, one character or known key at a time, into keys and pastes. Escape sequences that
/// nobody knows are swallowed whole, so that they never end up in the text.
package struct KeyDecoder {
  package enum Input: Equatable, Sendable {
    case character(Unicode.Scalar)
    /// One of the `CN_KEY_` numbers.
    case known(Int)
  }

  private enum Mode: Equatable {
    case plain
    /// After ESC: alone it is a key, before a character it is Alt.
    case escape
    /// Inside a control sequence; ends with a byte from `@` to `~`.
    case sequence
    case paste
  }

  private var mode = Mode.plain
  /// Characters that came in one go, typed fast or pasted by a terminal without paste marks.
  private var run = String.UnicodeScalarView()
  private var pasteText = String.UnicodeScalarView()
  /// More of a paste than the line could hold is not kept while it comes in.
  private static let mostPasted = LineEditor.capacity * 4

  package init() {}

  /// True while a paste is under way, whose end may still be on its way.
  package var isPasting: Bool { mode == .paste }

  package mutating func take(_ input: Input) -> [ScreenMessage] {
    if mode == .paste { return takePasted(input) }
    switch input {
    case .known(let number):
      let before = mode == .escape ? [ScreenMessage.key(.escape)] : flushRun()
      mode = .plain
      if number == Int(CN_KEY_PASTE_BEGIN) {
        mode = .paste
        pasteText.removeAll()
        return before
      }
      guard let key = key(number) else { return before }
      return before + [.key(key)]
    case .character(let scalar):
      return take(scalar)
    }
  }

  /// Nothing more has come for now: what waits is decided.
  package mutating func pause() -> [ScreenMessage] {
    switch mode {
    case .paste: return []
    case .escape:
      mode = .plain
      return [.key(.escape)]
    case .sequence, .plain:
      mode = .plain
      return flushRun()
    }
  }

  /// Gives up waiting for the end of a paste.
  package mutating func endPaste() -> [ScreenMessage] {
    guard mode == .paste else { return [] }
    mode = .plain
    let text = String(pasteText)
    pasteText.removeAll()
    return [.paste(text)]
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> [ScreenMessage] {
    switch mode {
    case .sequence:
      if (0x40...0x7E).contains(scalar.value) { mode = .plain }
      return []
    case .escape:
      mode = .plain
      return takeAlt(scalar)
    case .plain, .paste:
      break
    }
    if scalar.value >= 0x20, scalar.value != 0x7F {
      run.append(scalar)
      return []
    }
    let before = flushRun()
    if scalar.value == 0x1B {
      mode = .escape
      return before
    }
    return before + control(scalar).map { [.key($0)] }.orEmpty
  }

  private mutating func takeAlt(_ scalar: Unicode.Scalar) -> [ScreenMessage] {
    switch scalar {
    case "[", "O":
      mode = .sequence
      return []
    case "\u{1B}":
      mode = .escape
      return [.key(.escape)]
    case "\r", "\n": return [.key(.newLine)]
    case "\u{7F}", "\u{08}": return [.key(.altBackspace)]
    default:
      guard scalar.value >= 0x20 else { return [.key(.escape)] + control(scalar).map { [.key($0)] }.orEmpty }
      return [.key(.alt(scalar.properties.lowercaseMapping.first ?? Character(scalar)))]
    }
  }

  private func control(_ scalar: Unicode.Scalar) -> Key? {
    switch scalar.value {
    case 0x09: .tab
    case 0x0D, 0x0A: .enter
    case 0x7F, 0x08: .backspace
    case 0x01...0x1A: Unicode.Scalar(scalar.value + 0x60).map { .control(Character($0)) }
    default: nil
    }
  }

  private mutating func flushRun() -> [ScreenMessage] {
    guard !run.isEmpty else { return [] }
    let text = String(run)
    run.removeAll()
    return [.key(.text(text))]
  }

  private mutating func takePasted(_ input: Input) -> [ScreenMessage] {
    switch input {
    case .known(let number):
      return number == Int(CN_KEY_PASTE_END) ? endPaste() : []
    case .character(let scalar):
      if pasteText.count < KeyDecoder.mostPasted { pasteText.append(scalar) }
      return []
    }
  }

  private func key(_ number: Int) -> Key? {
    KeyDecoder.keys[number]
  }

  private static let keys: [Int: Key] = [
    Int(CN_KEY_LEFT): .left, Int(CN_KEY_RIGHT): .right, Int(CN_KEY_UP): .up, Int(CN_KEY_DOWN): .down,
    Int(CN_KEY_HOME): .home, Int(CN_KEY_END): .end, Int(CN_KEY_PAGE_UP): .pageUp,
    Int(CN_KEY_PAGE_DOWN): .pageDown, Int(CN_KEY_BACKSPACE): .backspace, Int(CN_KEY_DELETE): .delete,
    Int(CN_KEY_ENTER): .enter, Int(CN_KEY_WORD_LEFT): .wordLeft, Int(CN_KEY_WORD_RIGHT): .wordRight,
    Int(CN_KEY_SCROLL_UP): .lineUp, Int(CN_KEY_SCROLL_DOWN): .lineDown, Int(CN_KEY_WHEEL_UP): .lineUp,
    Int(CN_KEY_WHEEL_DOWN): .lineDown, Int(CN_KEY_NEW_LINE): .newLine,
  ]
}

extension Optional where Wrapped == [ScreenMessage] {
  fileprivate var orEmpty: [ScreenMessage] { self ?? [] }
}
