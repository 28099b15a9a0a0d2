// SPDX-License-Identifier: Apache-2.0

import ConstrainedDecoding
import Testing

@Suite("GBNF")
struct GBNFTests {
  static let arithmetic = """
    # Sums of numbers.
    root ::= expr
    expr ::= term (("+" | "-") term)*
    term ::= num | "(" expr ")"
    num  ::= [0-9]{1,3} ("." [0-9]+)?
    """

  @Test(
    "A text matches where the grammar has it",
    arguments: [
      (arithmetic, ["1", "12+3", "(1+2)-3.5", "((((1))))"], ["", "1234", "1+", "(1", "1.", "a"]),
      ("root ::= [^a-z\\n]+ \"é\" . \"\\u20AC\"?\n", ["AéX", "Üé🙂€", "日本é\u{10FFFF}"], ["aéX", "é", "Aé\n\n"]),
      ("root ::= (\"a\"*)* \"b\"\n| \"c\" root\n", ["b", "aaab", "ccaab"], ["a", "c", ""]),
      ("root ::= \"\\x41\\\"\\\\\"{2,} [\\]\\-]", ["A\"\\A\"\\]", "A\"\\A\"\\A\"\\-"], ["A\"\\]"]),
      ("root ::= a?\na ::= a | \"x\"", ["", "x"], ["xx"]),
      (
        #"root ::= [\u07FF-\u0800] [\uD7FF-\uE000] [\uFFFF-\U00010000]"#,
        ["\u{7FF}\u{D7FF}\u{FFFF}", "\u{800}\u{E000}\u{10000}"],
        ["\u{801}\u{D7FF}\u{FFFF}", "\u{800}\u{D7FE}\u{FFFF}", "\u{800}\u{E000}\u{10001}"]
      ),
    ])
  func matches(grammar: String, good: [String], bad: [String]) throws {
    let grammar = try Grammar(gbnf: grammar)
    for text in good { #expect(grammar.matches(text), "\(text)") }
    for text in bad { #expect(!grammar.matches(text), "\(text)") }
  }

  @Test(
    "What is no grammar is refused, and the message says why",
    arguments: [
      ("root ::= root \"a\" | \"b\"", "begins with itself"),
      ("root ::= a \"x\"\na ::= root | \"y\"", "begins with itself"),
      ("root ::= (\"a\"? root) \"b\" | \"c\"", "begins with itself"),
      ("root ::= root", "no text can match"),
      ("root ::= \"a\" root", "no text can match"),
      ("root ::= [^\\x00-\\U0010FFFF] | [^\\x00-\\U0010FFFF] \"a\"", "no text can match"),
      (
        "root ::= x x x\nx ::= y? y? y?\ny ::= [a-z]" + String(repeating: " | [a-z] \"a\"", count: 5000),
        "too many ways"
      ),
      (
        "root ::= " + String(repeating: "a ", count: 1000) + "\na ::= " + String(repeating: "| ", count: 30_000),
        "too many ways"
      ),
      ("a ::= \"b\"", "no rule root"),
      ("", "no rule root"),
      ("root ::= [z-a]", "the wrong way round"),
      ("root ::= \"a\"{3,2}", "the wrong way round"),
      ("root ::= \"a", "the text in quotes is not closed"),
      ("root ::= [", "the list in brackets is not closed"),
      ("root ::= (", ") should stand"),
      ("root ::= \"a\" )", ") does not belong"),
      ("root := 1", "::= should stand"),
      ("root ::= x", "a rule x"),
      ("root ::= \"a\"\n\nroot ::= \"b\"", "line 3"),
      ("root ::= \"\\q\"", "\\q has no meaning"),
      ("root ::= \"\\uD800\"", "names no character"),
      ("root ::= \"a\"{99999}", "10000 at most"),
      ("root ::= [a-z]{10000} [a-z]{10000,}" + String(repeating: " ([a-z]{10000} \"b\")", count: 20), "too large"),
      ("root ::= " + String(repeating: "(", count: 100_000), "nested"),
      ("root ::= \"a\"" + String(repeating: "*", count: 100_000), "repetition marks"),
    ])
  func refused(grammar: String, message: String) throws {
    let error = #expect(throws: GrammarError.self) { _ = try Grammar(gbnf: grammar) }
    #expect("\(error as Any)".isEmpty == false)
    #expect(error.map { "\($0)".contains(message) } == true, "\(error.map { "\($0)" } ?? "")")
  }
}

extension Grammar {
  /// Whether a whole text is one of the grammar's.
  func matches(_ text: String) -> Bool {
    var matcher = GrammarMatcher(self)
    let state = matcher.step(matcher.start, text.utf8)
    return matcher.isComplete(state)
  }
}
