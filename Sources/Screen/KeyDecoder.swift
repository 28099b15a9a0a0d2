// SPDX-License-Identifier: Apache-2.0

/// Decodes the terminal's input, one character or known key at a time, into keys and pastes. Unknown escape sequences
/// are dropped whole, so that they never end up in the text.
package struct KeyDecoder {
  /// One unit of input from ncurses: a character, a key or a paste mark.
  package enum Input: Equatable, Sendable {
    /// A scalar that is no key's, control characters included.
    case character(Unicode.Scalar)
    /// A key that the terminal sends in its own way, already recognised.
    case known(Key)
    /// The mark before a bracketed paste.
    case pasteBegin
    /// The mark behind it.
    case pasteEnd
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
  /// Scalars of a paste that are kept while it comes in: more than the line can hold.
  private static let mostPasted = LineEditor.capacity * 4

  /// Outside of any sequence.
  package init() {}

  /// True while a paste is under way, whose end may still be on its way.
  package var isPasting: Bool { mode == .paste }

  /// Takes what was read and returns what it completes: any number of messages.
  package mutating func take(_ input: Input) -> [ScreenMessage] {
    if mode == .paste { return takePasted(input) }
    switch input {
    case .known(let key):
      return finishSequence() + [.key(key)]
    case .pasteBegin:
      let before = finishSequence()
      mode = .paste
      pasteText.removeAll()
      return before
    case .pasteEnd:
      return finishSequence()
    case .character(let scalar):
      return take(scalar)
    }
  }

  /// Nothing more has come for now: what waits is decided.
  package mutating func pause() -> [ScreenMessage] {
    mode == .paste ? [] : finishSequence()
  }

  private mutating func finishSequence() -> [ScreenMessage] {
    let before = mode == .escape ? [ScreenMessage.key(.escape)] : flushRun()
    mode = .plain
    return before
  }

  /// Ends a paste whose end does not come.
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
    case .pasteEnd:
      return endPaste()
    case .character(let scalar):
      if pasteText.count < KeyDecoder.mostPasted { pasteText.append(scalar) }
    case .known, .pasteBegin:
      break
    }
    return []
  }
}

extension Optional where Wrapped == [ScreenMessage] {
  fileprivate var orEmpty: [ScreenMessage] { self ?? [] }
}
