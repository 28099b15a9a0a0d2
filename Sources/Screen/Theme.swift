// SPDX-License-Identifier: Apache-2.0

/// The looks of everything, by what it means. Middle tones that read on dark and on light backgrounds; nothing
/// paints a background of its own, so that the user's colours stay.
package struct Theme: Sendable {
  var depth: ColorDepth
  var symbols: Symbols

  /// Resolves styles and characters for one terminal.
  package init(_ appearance: DrawingCapabilities) {
    depth = appearance.depth
    symbols = appearance.unicode ? .unicode : .ascii
  }

  var plain: CellStyle { .plain }
  var strong: CellStyle { CellStyle(.standard, [.bold]) }
  var quiet: CellStyle { style(palette: 245, basic: nil, otherwise: [.dim]) }
  var rule: CellStyle { style(palette: 240, basic: nil, otherwise: [.dim]) }
  var title: CellStyle { style(palette: 68, basic: 4, [.bold], otherwise: [.bold]) }
  var question: CellStyle { style(palette: 68, basic: 6, [.bold], otherwise: [.bold]) }
  var warning: CellStyle { style(palette: 172, basic: 3, otherwise: [.bold]) }
  /// Errors, removed lines, failed examples.
  package var failure: CellStyle { style(palette: 167, basic: 1, otherwise: [.bold]) }
  /// Success, added lines, passed examples.
  package var good: CellStyle { style(palette: 71, basic: 2, otherwise: []) }
  var systemTokens: CellStyle { style(palette: 103, basic: 4, otherwise: []) }
  var visionTokens: CellStyle { style(palette: 72, basic: 2, otherwise: []) }
  var retrievedTokens: CellStyle { style(palette: 132, basic: 5, otherwise: []) }
  var textTokens: CellStyle { style(palette: 179, basic: 3, otherwise: []) }

  var keyword: CellStyle { style(palette: 68, basic: 4, otherwise: [.bold]) }
  var string: CellStyle { style(palette: 71, basic: 2, otherwise: []) }
  var number: CellStyle { style(palette: 172, basic: 3, otherwise: []) }
  /// Comments of a program.
  package var comment: CellStyle { style(palette: 245, basic: nil, [.italic], otherwise: [.dim]) }
  var directive: CellStyle { style(palette: 132, basic: 5, otherwise: []) }

  func style(of kind: SyntaxKind) -> CellStyle {
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
  var isColorless: Bool { depth == .none }

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
struct Symbols: Sendable, Equatable {
  var horizontal: String
  var vertical: String
  var teeDown: String
  var teeUp: String
  var teeLeft: String
  var teeRight: String
  var prompt: String
  var note: String
  var warning: String
  var failure: String
  /// Something is done, and well.
  var done: String
  /// A role with an adapter of its own.
  var adapted: String
  var dot: String
  var more: String
  var playing: String
  var paused: String
  var barFilled: String
  var barHalf: String
  var barFree: String
  var peak: String
  var square: String
  var ellipsis: String
  var times: String
  var caret: String
  /// Marks a time on an axis.
  var tick: String
  /// Points down from a thumbnail to its moment.
  var pointer: String
  /// A stretch of the stream that has been evicted.
  var evicted: String
  /// From nothing to all, for shares.
  var shades: [String]
  var spinner: [String]

  static let unicode = Symbols(
    horizontal: "─", vertical: "│", teeDown: "┬", teeUp: "┴", teeLeft: "┤", teeRight: "├", prompt: "›", note: "·",
    warning: "!", failure: "×", done: "✓", adapted: "◆", dot: "·", more: "↓", playing: "▸", paused: "‖", barFilled: "━",
    barHalf: "╸",
    barFree: "─", peak: "┃", square: "■", ellipsis: "…", times: "×", caret: "▍", tick: "╵", pointer: "▾",
    evicted: "┊", shades: [" ", "░", "▒", "▓", "█"],
    spinner: ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"])

  static let ascii = Symbols(
    horizontal: "-", vertical: "|", teeDown: "+", teeUp: "+", teeLeft: "+", teeRight: "+", prompt: ">", note: "-",
    warning: "!", failure: "x", done: "+", adapted: "*", dot: "|", more: "v", playing: ">", paused: "=", barFilled: "=",
    barHalf: "=",
    barFree: ".", peak: "|", square: "#", ellipsis: "...", times: "x", caret: "_", tick: "'", pointer: "v",
    evicted: ":", shades: [" ", ".", "-", "+", "#"], spinner: ["|", "/", "-", "\\"])
}
