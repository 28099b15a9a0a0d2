// SPDX-License-Identifier: Apache-2.0

/// The looks of everything, by what it means. Middle tones that read on dark and on light backgrounds; nothing
/// paints a background of its own, so that the user's colours stay.
package struct Theme: Sendable {
  package var depth: ColorDepth
  package var symbols: Symbols

  package init(_ appearance: Appearance) {
    depth = appearance.depth
    symbols = appearance.unicode ? .unicode : .ascii
  }

  package var plain: CellStyle { .plain }
  package var strong: CellStyle { CellStyle(.standard, [.bold]) }
  package var quiet: CellStyle { style(palette: 245, basic: nil, otherwise: [.dim]) }
  package var rule: CellStyle { style(palette: 240, basic: nil, otherwise: [.dim]) }
  package var title: CellStyle { style(palette: 68, basic: 4, [.bold], otherwise: [.bold]) }
  package var question: CellStyle { style(palette: 68, basic: 6, [.bold], otherwise: [.bold]) }
  package var warning: CellStyle { style(palette: 172, basic: 3, otherwise: [.bold]) }
  package var failure: CellStyle { style(palette: 167, basic: 1, otherwise: [.bold]) }
  package var good: CellStyle { style(palette: 71, basic: 2, otherwise: []) }
  package var systemTokens: CellStyle { style(palette: 103, basic: 4, otherwise: []) }
  package var visionTokens: CellStyle { style(palette: 72, basic: 2, otherwise: []) }
  package var retrievedTokens: CellStyle { style(palette: 132, basic: 5, otherwise: []) }
  package var textTokens: CellStyle { style(palette: 179, basic: 3, otherwise: []) }

  package var keyword: CellStyle { style(palette: 68, basic: 4, otherwise: [.bold]) }
  package var string: CellStyle { style(palette: 71, basic: 2, otherwise: []) }
  package var number: CellStyle { style(palette: 172, basic: 3, otherwise: []) }
  package var comment: CellStyle { style(palette: 245, basic: nil, [.italic], otherwise: [.dim]) }
  package var directive: CellStyle { style(palette: 132, basic: 5, otherwise: []) }

  package func style(of kind: SyntaxKind) -> CellStyle {
    switch kind {
    case .plain: plain
    case .keyword: keyword
    case .string: string
    case .comment: comment
    case .number: number
    case .directive: directive
    }
  }

  /// True when meaning must not hang on colour.
  package var isColorless: Bool { depth == .none }

  private func style(
    palette: UInt8, basic: UInt8?, _ attributes: CellStyle.Attributes = [], otherwise: CellStyle.Attributes
  ) -> CellStyle {
    switch depth {
    case .trueColor, .palette256: return CellStyle(.indexed(palette), attributes)
    case .basic8, .basic16:
      guard let basic else { return CellStyle(.standard, otherwise) }
      return CellStyle(.indexed(basic), attributes)
    case .none: return CellStyle(.standard, otherwise)
    }
  }
}

/// The characters that are not words.
package struct Symbols: Sendable, Equatable {
  package var horizontal: String
  package var vertical: String
  package var teeDown: String
  package var teeUp: String
  package var teeLeft: String
  package var teeRight: String
  package var prompt: String
  package var note: String
  package var warning: String
  package var failure: String
  /// Something is done, and well.
  package var done: String
  /// A role with an adapter of its own.
  package var adapted: String
  package var dot: String
  package var more: String
  package var playing: String
  package var paused: String
  package var barFilled: String
  package var barHalf: String
  package var barFree: String
  package var peak: String
  package var square: String
  package var ellipsis: String
  package var times: String
  package var caret: String
  /// Marks a time on an axis.
  package var tick: String
  /// Points down from a thumbnail to its moment.
  package var pointer: String
  /// A stretch of the stream that has been evicted.
  package var evicted: String
  /// From nothing to all, for shares.
  package var shades: [String]
  package var spinner: [String]

  package static let unicode = Symbols(
    horizontal: "─", vertical: "│", teeDown: "┬", teeUp: "┴", teeLeft: "┤", teeRight: "├", prompt: "›", note: "·",
    warning: "!", failure: "×", done: "✓", adapted: "◆", dot: "·", more: "↓", playing: "▸", paused: "‖", barFilled: "━",
    barHalf: "╸",
    barFree: "─", peak: "┃", square: "■", ellipsis: "…", times: "×", caret: "▍", tick: "╵", pointer: "▾",
    evicted: "┊", shades: [" ", "░", "▒", "▓", "█"],
    spinner: ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"])

  package static let ascii = Symbols(
    horizontal: "-", vertical: "|", teeDown: "+", teeUp: "+", teeLeft: "+", teeRight: "+", prompt: ">", note: "-",
    warning: "!", failure: "x", done: "+", adapted: "*", dot: "|", more: "v", playing: ">", paused: "=", barFilled: "=",
    barHalf: "=",
    barFree: ".", peak: "|", square: "#", ellipsis: "...", times: "x", caret: "_", tick: "'", pointer: "v",
    evicted: ":", shades: [" ", ".", "-", "+", "#"], spinner: ["|", "/", "-", "\\"])
}
