// SPDX-License-Identifier: Apache-2.0

import Sandboxing
import Testing

@Suite("Differences of outputs")
struct OutputDifferenceTests {
  @Test("White space at the ends of lines and empty lines at the end do not count")
  func trailingWhiteSpace() {
    #expect(OutputDifference(expected: "1 2\n3\n", got: "1 2 \t\r\n3\n\n \n") == nil)
    #expect(OutputDifference(expected: "", got: "\n\n") == nil)
  }

  @Test("White space at the beginning and in the middle counts")
  func otherWhiteSpace() {
    #expect(OutputDifference(expected: "1 2", got: " 1 2") != nil)
    #expect(OutputDifference(expected: "1 2", got: "1  2") != nil)
    #expect(OutputDifference(expected: "1\n2", got: "1\n\n2") != nil)
  }

  @Test("Letters with one look and other bytes differ")
  func bytes() {
    #expect(OutputDifference(expected: "\u{E9}", got: "e\u{301}") != nil)
  }

  @Test("Shows the line before, what was expected and what came")
  func lines() throws {
    let difference = try #require(OutputDifference(expected: "1\n2\n3\n4\n", got: "1\n2\n5\n4\n"))
    #expect(difference.firstLine == 3)
    #expect(difference.description == "… 1 line\n  2\n- 3\n+ 5\n  4")
  }

  @Test("Says what is missing at the end, and what is too much")
  func lengths() {
    #expect(OutputDifference(expected: "1\n2\n", got: "1\n")?.description == "  1\n- 2")
    #expect(OutputDifference(expected: "", got: "1\n")?.description == "+ 1")
  }

  @Test("Stays short however much differs")
  func short() throws {
    let expected = (0..<1000).map { "\($0)" }.joined(separator: "\n")
    let difference = try #require(OutputDifference(expected: expected, got: String(repeating: "x", count: 1 << 20)))
    #expect(difference.lines.count <= 10)
    #expect(difference.description.count < 2000)
    #expect(difference.lines.last == .leftOut(996))
  }

  @Test("Of long lines, shows where they part")
  func longLines() throws {
    let same = String(repeating: "a", count: 5000)
    let difference = try #require(OutputDifference(expected: same + "b", got: same + "c"))
    #expect(difference.description.contains("ab") && difference.description.contains("ac"))
    #expect(difference.description.count < 400)
  }
}
