// SPDX-License-Identifier: Apache-2.0

import Screen
import Testing

@Suite struct DrawingCapabilitiesTests {
  private func depth(_ environment: [String: String], colors: Int, direct: Bool = false) -> ColorDepth {
    DrawingCapabilities(environment: environment, terminfoColors: colors, terminfoDirectColor: direct).depth
  }

  @Test("24 bits are believed of COLORTERM, of terminfo, and of the type's name")
  func trueColor() {
    #expect(depth(["COLORTERM": "truecolor"], colors: 256) == .trueColor)
    #expect(depth(["COLORTERM": "24bit"], colors: 8) == .trueColor)
    #expect(depth([:], colors: 256, direct: true) == .trueColor)
    #expect(depth(["TERM": "xterm-direct"], colors: 1 << 24) == .trueColor)
  }

  @Test("otherwise the palette's size decides")
  func palette() {
    #expect(depth([:], colors: 256) == .palette256)
    #expect(depth(["COLORTERM": "yes"], colors: 256) == .palette256)
    #expect(depth([:], colors: 16) == .basic16)
    #expect(depth([:], colors: 8) == .basic8)
    #expect(depth([:], colors: -1) == .none)
  }

  @Test("NO_COLOR wins when it is not empty")
  func noColor() {
    #expect(depth(["NO_COLOR": "1", "COLORTERM": "truecolor"], colors: 256) == .none)
    #expect(depth(["NO_COLOR": "", "COLORTERM": "truecolor"], colors: 256) == .trueColor)
  }

  @Test(
    "only a locale that names another character set counts against UTF-8",
    arguments: [
      ([:], true), (["LANG": "C"], true), (["LANG": "de_DE.UTF-8"], true), (["LANG": "de_DE.utf8"], true),
      (["LANG": "de_DE.ISO-8859-1"], false), (["LC_ALL": "", "LANG": "ru_RU.KOI8-R"], false),
      (["LC_ALL": "C.UTF-8", "LANG": "ru_RU.KOI8-R"], true), (["LANG": "ca_ES.UTF-8@valencia"], true),
    ] as [([String: String], Bool)])
  func unicode(environment: [String: String], isUnicode: Bool) {
    #expect(DrawingCapabilities.isUnicode(environment) == isUnicode)
  }
}
