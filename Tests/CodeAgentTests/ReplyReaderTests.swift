// SPDX-License-Identifier: Apache-2.0

import CodeAgent
import SessionInterface
import TestSupport
import Testing

@Suite("What roles answer is read, and mended where it can be")
struct ReplyReaderTests {
  @Test("A recollection in its form")
  func recollections() throws {
    let reading = ReplyReader.recollection(in: recollection("one", "two"), count: 2, language: .python)
    #expect(reading.form == .kept)
    let found = try #require(reading.value)
    #expect(found.exemplars.map(\.description) == ["one", "two"] && found.algorithm == "filter")
    #expect(found.exemplars[0] == CodeExemplar(description: "one", plan: "1. one", program: "pass"))
  }

  @Test(
    "Recollections that are mended",
    arguments: [
      "Sure!\n<problem><description>one</description><plan>1. one</plan><code>```python\npass\n```</code></problem>",
      "<problem>\n<description>\none\n<plan>\n1. one\n<code>\npass",
      "<description>one</description><planning>1. one</planning><code>pass</code><algorithm>x</algorithm>",
    ])
  func mendedRecollections(text: String) {
    let reading = ReplyReader.recollection(in: text, count: 1, language: .python)
    #expect(reading.form == .mended)
    #expect(reading.value?.exemplars == [CodeExemplar(description: "one", plan: "1. one", program: "pass")])
  }

  @Test("More problems than asked for are left out, fewer are counted as mended")
  func counts() {
    #expect(
      ReplyReader.recollection(in: recollection("a", "b", "c"), count: 2, language: .python).value?.exemplars.count
        == 2)
    #expect(ReplyReader.recollection(in: recollection("a"), count: 2, language: .python).form == .mended)
    #expect(ReplyReader.recollection(in: "I recall nothing.", count: 2, language: .python).form == .lost)
  }

  @Test(
    "A confidence in other words",
    arguments: [
      ("<confidence>90</confidence>", 90, ReplyForm.kept), ("<confidence>85/100</confidence>", 85, .mended),
      ("<confidence>85 %</confidence>", 85, .mended), ("I am about 85 sure.", 85, .mended),
      ("<confidence>0.85</confidence>", 85, .mended), ("<confidence>250</confidence>", 100, .mended),
      ("<think>maybe 3</think><confidence>7</confidence>", 7, .kept), ("<CONFIDENCE> 12 </CONFIDENCE>", 12, .kept),
      ("99999999999999999999999", 100, .mended),
    ])
  func confidences(text: String, value: Int, form: ReplyForm) {
    #expect(ReplyReader.confidence(in: text) == ParsedReply(value: value, form: form))
  }

  @Test("No number is no confidence", arguments: ["", "high", "<confidence></confidence>"])
  func noConfidence(text: String) {
    #expect(ReplyReader.confidence(in: text).form == .lost)
  }

  @Test(
    "A plan with and without its tags",
    arguments: [
      ("<plan>\n1. Read.\n2. Print.\n</plan>", ReplyForm.kept),
      ("Here:\n<plan>\n1. Read.\n2. Print.\n</plan>\nGood luck!", .kept),
      ("<plan>\n1. Read.\n2. Print.", .mended), ("<planning>1. Read.\n2. Print.</planning>", .mended),
      ("My plan is this:\n1. Read.\n2. Print.\nThat is all.", .mended),
      ("<think>1. no</think>1. Read.\n2. Print.", .mended),
    ])
  func plans(text: String, form: ReplyForm) {
    #expect(ReplyReader.plan(in: text) == ParsedReply(value: "1. Read.\n2. Print.", form: form))
  }

  @Test(
    "A program in its fence, another's, a tag or none",
    arguments: [
      ("```python\nprint(1)\n```", ReplyForm.kept), ("Here it is:\n```python3\nprint(1)\n```\nIt prints 1.", .kept),
      ("```python\nprint(0)\n```\nBetter:\n```python\nprint(1)\n```", .kept), ("```\nprint(1)\n```", .mended),
      ("```python\nprint(1)", .mended), ("~~~py\nprint(1)\n~~~", .kept), ("```javascript\nprint(1)\n```", .mended),
      ("<code>print(1)</code>", .mended), ("<code>\n```python\nprint(1)\n```\n</code>", .kept), ("print(1)", .mended),
    ])
  func programs(text: String, form: ReplyForm) {
    #expect(ReplyReader.program(in: text, language: .python) == ParsedReply(value: "print(1)", form: form))
  }

  @Test("No program is said to be none", arguments: ["", "I cannot do that.", "```python\n```"])
  func noPrograms(text: String) {
    #expect(ReplyReader.program(in: text, language: .python).form == .lost)
  }

  @Test("What was escaped between tags is taken back")
  func escapes() {
    #expect(ReplyReader.program(in: "<code>a &lt; b &amp;&amp; c</code>", language: .c).value == "a < b && c")
  }

  @Test("A correction has a plan and a program; without the plan it is mended, without the program lost")
  func corrections() {
    let whole = ReplyReader.correction(in: "<plan>\n1. A\n</plan>\n" + python("x"), language: .python)
    #expect(whole.form == .kept && whole.value == ReplyReader.Correction(plan: "1. A", program: "x"))
    let bare = ReplyReader.correction(in: python("x"), language: .python)
    #expect(bare.form == .mended && bare.value?.plan == nil)
    #expect(ReplyReader.correction(in: "<plan>1. A</plan>", language: .python).form == .lost)
    let open = ReplyReader.correction(in: "<plan>\n1. A\n" + python("x"), language: .python)
    #expect(open.form == .mended && open.value == ReplyReader.Correction(plan: "1. A", program: "x"))
  }

  @Test("No text makes the reader fail: pieces of replies in any order")
  func anything() {
    let pieces = [
      "<problem>", "</problem>", "<plan>", "</plan>", "<code>", "</code>", "```", "```python\n", "~~~", "<think>",
      "</think>",
      "<confidence>", "85/100", "1. x\n", "\n", "é🚲", "\u{0}", "<", ">", "&lt;", "<description>", "</description>",
      "<algorithm>", "print(1)", "-1e309",
    ]
    var random = SplitMix64(seed: 7)
    for _ in 0..<3000 {
      var text = ""
      for _ in 0..<12 { text += pieces[Int.random(in: pieces.indices, using: &random)] }
      let plan = ReplyReader.plan(in: text)
      #expect((plan.value == nil) == (plan.form == .lost))
      let sure = ReplyReader.confidence(in: text).value ?? 0
      #expect((0...100).contains(sure))
      _ = ReplyReader.recollection(in: text, count: 3, language: .python)
      _ = ReplyReader.correction(in: text, language: .c)
    }
  }
}
