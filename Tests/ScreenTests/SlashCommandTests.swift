// SPDX-License-Identifier: Apache-2.0

import Screen
import Testing

@Suite struct SlashCommandTests {
  @Test("a line is text, a command with its argument, or something unknown")
  func lines() {
    #expect(TypedLine("what is /help?") == .text("what is /help?"))
    #expect(TypedLine("/help") == .command(.help, argument: ""))
    #expect(TypedLine("/save  my talk.txt ") == .command(.save, argument: "my talk.txt"))
    #expect(TypedLine("/hlep me") == .unknown(word: "/hlep"))
    #expect(TypedLine("/") == .unknown(word: "/"))
    #expect(TypedLine("/home/me/a.png what is this") == .unknown(word: "/home/me/a.png"))
  }

  @Test(
    "times are read in the forms that people write",
    arguments: [
      ("12", SeekTarget.absolute(12)), ("12.5", .absolute(12.5)), ("1:30", .absolute(90)),
      ("1:02:03", .absolute(3723)), ("+10", .relative(10)), ("-10", .relative(-10)), ("+1:00", .relative(60)),
      ("90:00", .absolute(5400)), ("0", .absolute(0)),
    ])
  func times(text: String, target: SeekTarget) {
    #expect(SeekTarget(text) == target)
  }

  @Test(
    "what is no time is refused",
    arguments: [
      "", "+", "abc", "1:", ":30", "1:60", "1:2:3:4", "1e9", "nan", "inf", "--1", "1.2.3", ".5", "1.5:30", "٣",
      "99999999999999999999",
    ])
  func notTimes(text: String) {
    #expect(SeekTarget(text) == nil)
  }

  @Test(
    "token counts",
    arguments: [
      ("512", 512), ("2k", 2048), ("2K", 2048), ("0", nil), ("-5", nil), ("k", nil), ("", nil), ("1.5k", nil),
      ("99999999999999999999", nil), ("12x", nil),
    ] as [(String, Int?)])
  func tokenCounts(text: String, tokens: Int?) {
    #expect(parseTokenCount(text) == tokens)
  }

  @Test(
    "a mistyped name is recognised, a foreign one is not",
    arguments: [
      ("sek", "seek"), ("hlep", "help"), ("quite", "quit"), ("pol", "policy"), ("RESUME", "resume"), ("xyzzy", nil),
      ("", nil),
    ] as [(String, String?)])
  func nearest(word: String, name: String?) {
    #expect(nearestName(to: word, among: SlashCommand.allCases.map(\.rawValue)) == name)
  }

  @Test("edit distance counts insertions, deletions, replacements and swaps")
  func distance() {
    #expect(editDistance("seek", "seek") == 0)
    #expect(editDistance("", "abc") == 3)
    #expect(editDistance("hlep", "help") == 1)
    #expect(editDistance("kitten", "sitting") == 3)
  }
}
