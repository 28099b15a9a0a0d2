// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Screen
import Testing

@Suite struct SyntaxColoringTests {
  private func runs(_ text: String, _ language: ProgramLanguage) -> [SyntaxRun] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
    return Array(syntaxRuns(lines, language: language).joined())
  }

  private func texts(_ kind: SyntaxKind, _ text: String, _ language: ProgramLanguage) -> [String] {
    runs(text, language).filter { $0.kind == kind }.map(\.text)
  }

  @Test("nothing of a program is lost", arguments: ProgramLanguage.allCases)
  func whole(language: ProgramLanguage) {
    let text = "x = \"a\\\"b\" + 'c' # é\n/* not */ 0x1F 1...5 @main #include <stdio.h>\n\"\"\"open\nstill 'open"
    let lines = text.split(separator: "\n").map { String($0) }
    #expect(syntaxRuns(lines, language: language).map { $0.map(\.text).joined() } == lines)
  }

  @Test("keywords, not words that hold them")
  func keywords() {
    #expect(texts(.keyword, "for format in inside: return", .python) == ["for", "in", "return"])
    #expect(texts(.keyword, "int printed = sizeof x;", .c) == ["int", "sizeof"])
    #expect(texts(.keyword, "guard let letter else { return }", .swift) == ["guard", "let", "else", "return"])
  }

  @Test("strings end at their quote or at the line's end, unless they are long ones")
  func strings() {
    #expect(texts(.string, "a = 'it\\'s' + \"x", .python) == ["'it\\'s'", "\"x"])
    #expect(texts(.string, "'open\nnext", .python) == ["'open"])
    #expect(texts(.string, "\"\"\"one\ntwo\"\"\" x", .python) == ["\"\"\"one", "two\"\"\""])
  }

  @Test("comments, over lines and nested where the language nests them")
  func comments() {
    #expect(texts(.comment, "x # to the end 'x", .python) == ["# to the end 'x"])
    #expect(texts(.comment, "a /* b\nc */ d", .c) == ["/* b", "c */"])
    #expect(texts(.comment, "/* a /* b */ c */ d", .swift) == ["/* a /* b */ c */"])
    #expect(texts(.comment, "/* a /* b */ c */ d", .c) == ["/* a /* b */"])
  }

  @Test("numbers and directives")
  func numbers() {
    #expect(texts(.number, "0x1F + 2.5e-3 + 1_000 + x2", .python) == ["0x1F", "2.5e-3", "1_000"])
    #expect(texts(.number, "1...5", .swift) == ["1", "5"])
    #expect(texts(.directive, "#include <stdio.h>", .c) == ["#include"])
  }
}

@Suite struct LineChangesTests {
  @Test("a changed line is removed and added between those around it")
  func change() {
    #expect(lineChanges(from: "a\nb\nc", to: "a\nx\nc") == [.kept("a"), .removed("b"), .added("x"), .kept("c")])
  }

  @Test("lines that moved nothing are kept: the longest common part stays")
  func common() {
    let changes = lineChanges(from: "1\n2\n3\n4", to: "2\n3\n5\n4\n6")
    #expect(changes == [.removed("1"), .kept("2"), .kept("3"), .added("5"), .kept("4"), .added("6")])
  }

  @Test("what is far from a change is left out and counted")
  func context() {
    let old = (1...20).map { "\($0)" }
    var new = old
    new[9] = "x"
    let changes = lineChanges(from: old.joined(separator: "\n"), to: new.joined(separator: "\n"))
    #expect(
      changes == [
        .skipped(7), .kept("8"), .kept("9"), .removed("10"), .added("x"), .kept("11"), .kept("12"), .skipped(8),
      ])
  }

  @Test("texts that are the same have no changes; empty ones are all new or all gone")
  func edges() {
    #expect(lineChanges(from: "a\nb\n", to: "a\nb") == [.skipped(2)])
    #expect(lineChanges(from: "", to: "a") == [.added("a")])
    #expect(lineChanges(from: "a", to: "") == [.removed("a")])
    #expect(lineChanges(from: "", to: "") == [])
  }

  @Test("texts too long to compare are shown whole")
  func long() {
    let old = (0..<3_000).map { "a\($0)" }.joined(separator: "\n")
    let new = (0..<3_000).map { "b\($0)" }.joined(separator: "\n")
    #expect(lineChanges(from: old, to: new).count == 6_000)
  }
}

@Suite struct WrittenTextTests {
  @Test("however a reply is cut, neither fence nor tag is seen")
  func cuts() {
    let reply = "<plan>\n1. Read.\n2. Print a < b.\n</plan>\n```python\nif a < b:\n  print(`a`)\n```\nDone."
    for count in 0...reply.count {
      let written = StreamedReply(String(reply.prefix(count)))
      #expect(!written.words.contains("plan") && !written.words.contains("`"))
      #expect(written.program?.contains("```") != true)
    }
    #expect(
      StreamedReply(reply) == StreamedReply(words: "1. Read.\n2. Print a < b.", program: "if a < b:\n  print(`a`)"))
  }

  @Test("text without a program is words")
  func words() {
    #expect(StreamedReply("I think so") == StreamedReply(words: "I think so", program: nil))
    #expect(StreamedReply("") == StreamedReply(words: "", program: nil))
  }
}
