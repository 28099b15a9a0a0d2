// SPDX-License-Identifier: Apache-2.0

/// The colours of a terminal.
package enum ColorDepth: Sendable, Equatable {
  /// None, or the user asked for none.
  case none
  /// The eight ANSI colours.
  case basic8
  /// The eight and their bright forms: enough for four greys.
  case basic16
  /// The xterm palette.
  case palette256
  /// 24 bits.
  case trueColor
}

/// Colours and characters that the screen may draw with.
package struct DrawingCapabilities: Sendable, Equatable {
  /// How many colours may be used.
  package var depth: ColorDepth
  /// False where only ASCII reaches the terminal unharmed.
  package var unicode: Bool

  /// Memberwise; checks nothing.
  package init(depth: ColorDepth, unicode: Bool) {
    self.depth = depth
    self.unicode = unicode
  }

  /// Decides from the environment and what terminfo says.
  ///
  /// `NO_COLOR` (set and not empty) wins over everything. 24-bit colour is believed of `COLORTERM`, of terminfo's
  /// `RGB` or `Tc`, and of a terminal type that ends in `-direct`.
  package init(environment: [String: String], terminfoColors: Int, terminfoDirectColor: Bool) {
    unicode = DrawingCapabilities.isUnicode(environment)
    if let noColor = environment["NO_COLOR"], !noColor.isEmpty {
      depth = .none
      return
    }
    let offered = environment["COLORTERM"].map { ["truecolor", "24bit"].contains($0.lowercased()) } ?? false
    let type = environment["TERM"] ?? ""
    switch terminfoColors {
    case ..<8: depth = .none
    case 8..<16: depth = offered ? .trueColor : .basic8
    case 16..<256: depth = offered ? .trueColor : .basic16
    default: depth = offered || terminfoDirectColor || type.hasSuffix("-direct") ? .trueColor : .palette256
    }
  }

  /// Only a locale that names another character set counts against UTF-8: a locale that is not set, as in most
  /// containers, says nothing about the terminal.
  package static func isUnicode(_ environment: [String: String]) -> Bool {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"]
    guard let locale = names.lazy.compactMap({ environment[$0] }).first(where: { !$0.isEmpty }) else { return true }
    guard let dot = locale.firstIndex(of: ".") else { return true }
    let charset = locale[locale.index(after: dot)...].lowercased().prefix { $0 != "@" }
    return charset == "utf-8" || charset == "utf8"
  }
}
