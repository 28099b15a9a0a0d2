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
