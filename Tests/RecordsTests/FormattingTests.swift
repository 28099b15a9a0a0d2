// SPDX-License-Identifier: Apache-2.0

import Records
import Testing

@Suite("Times, numbers and sizes as text")
struct FormattingTests {
  @Test(
    "Times in seconds are written as clocks",
    arguments: [
      (0, "0:00"), (12.9, "0:12"), (90, "1:30"), (3723, "1:02:03"), (-4, "0:00"), (.nan, "-:--"),
      (.infinity, "-:--"), (1e300, "-:--"),
    ] as [(Double, String)])
  func times(seconds: Double, text: String) {
    #expect(clock(seconds) == text)
  }

  @Test(
    "Decimals are rounded",
    arguments: [
      (1.25, 1, "1.3"), (0.04, 1, "0.0"), (-0.04, 1, "0.0"), (-1.5, 0, "-2"), (21.4, 0, "21"), (1.005, 3, "1.005"),
      (.nan, 1, "-"), (1e200, 1, "-"),
    ] as [(Double, Int, String)])
  func decimals(value: Double, places: Int, text: String) {
    #expect(decimal(value, places: places) == text)
  }

  @Test(
    "Sizes are written in the unit that leaves a small number",
    arguments: [
      (0, "0 B"), (-1, "0 B"), (512, "512 B"), (1536, "1.5 KiB"), (102_369, "100 KiB"), (1_048_545, "1.0 MiB"),
      (187 << 20, "187 MiB"), (3 << 30, "3.0 GiB"),
    ])
  func sizes(bytes: Int, text: String) {
    #expect(memorySize(bytes) == text)
  }

  @Test(
    "The least size that will do is rounded up",
    arguments: [
      (512, "512 B"), (1025, "1.1 KiB"), (1536, "1.5 KiB"), ((187 << 20) + 1, "188 MiB"), (3 << 30, "3.0 GiB"),
    ])
  func leastSizes(bytes: Int, text: String) {
    #expect(memorySize(bytes, isLeast: true) == text)
  }

  @Test(
    "Counts have their thousands apart",
    arguments: [(0, "0"), (999, "999"), (1000, "1 000"), (1_234_567, "1 234 567"), (-3, "0")])
  func counts(value: Int, text: String) {
    #expect(count(value) == text)
  }

  @Test("A text is cut after a number of characters, none of which is longer than letters are")
  func clippedText() {
    #expect(clipped("abcdef", to: 6) == "abcdef")
    #expect(clipped("abcdefg", to: 6) == "abcdef…")
    let accents = "e" + String(repeating: "\u{301}", count: 10_000)
    #expect(clipped(accents, to: 6).unicodeScalars.count <= 6 * 8 + 1)
    #expect(clipped("e\u{301}", to: 6) == "e\u{301}")
  }
}
