// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Testing

@Suite struct CodeTaskParsingTests {
  private let sum = CodeExample(input: "1 2\n", output: "3\n")

  @Test("words are the statement, in Python")
  func words() throws {
    #expect(try CodeTask(parsing: "  Print the sum.\n") == CodeTask(statement: "Print the sum."))
  }

  @Test(
    "a language may stand first",
    arguments: [
      ("c Print a.", .c), ("c: Print a.", .c), ("swift: Print a.", .swift), ("py Print a.", .python),
      ("--language swift Print a.", .swift), ("--language=C Print a.", .c), ("-l python3 Print a.", .python),
    ] as [(String, ProgramLanguage)])
  func languages(text: String, language: ProgramLanguage) throws {
    #expect(try CodeTask(parsing: text) == CodeTask(statement: "Print a.", language: language))
  }

  @Test("a sentence may begin with a capital that names a language")
  func capital() throws {
    #expect(try CodeTask(parsing: "Swift runners finish first.").statement == "Swift runners finish first.")
  }

  @Test(
    "examples are read in the forms in which people write them",
    arguments: [
      "Print the sum.\nInput:\n1 2\nOutput:\n3", "Print the sum.\n\nInput: 1 2\nOutput: 3\n",
      "Print the sum. Input: 1 2 Output: 3",
      "Print the sum.\n**Sample Input 1:**\n```\n1 2\n```\n**Sample Output 1:**\n```\n3\n```",
      "Print the sum.\nExample:\nInput:\n\n1 2\n\nExpected output:\n\n3\n\n",
      "Print the sum.\r\nINPUT:\r\n1 2\r\nOUTPUT:\r\n3",
    ])
  func examples(text: String) throws {
    #expect(try CodeTask(parsing: text) == CodeTask(statement: "Print the sum.", examples: [sum]))
  }

  @Test("several examples, each with its lines, and words behind them")
  func several() throws {
    let text = """
      Print the sum.
      Example 1:
      Input:
      1 2
      Output:
      3
      Explanation: 1 + 2.
      Example 2:
      Input:
      2
      5
      Output:
      7
      """
    let task = try CodeTask(parsing: text)
    #expect(task.examples == [sum, CodeExample(input: "2\n5\n", output: "7\n")])
    #expect(task.statement == "Print the sum.\nExplanation: 1 + 2.")
  }

  @Test("an input without an output is part of the statement")
  func inputOnly() throws {
    #expect(try CodeTask(parsing: "Input: two numbers.\nPrint a.").statement == "Input: two numbers.\nPrint a.")
  }

  @Test("an example may have no input")
  func noInput() throws {
    #expect(try CodeTask(parsing: "Print a.\nInput:\nOutput:\na").examples == [CodeExample(input: "", output: "a\n")])
  }

  @Test("JSON is read as in a batch's request")
  func json() throws {
    let text = #"{"task":"Print the sum.","language":"c","examples":[{"input":"1 2\n","output":"3\n"}]}"#
    #expect(try CodeTask(parsing: text) == CodeTask(statement: "Print the sum.", language: .c, examples: [sum]))
    #expect(try CodeTask(parsing: text, language: .swift).language == .swift)
  }

  @Test(
    "what is no task is refused with the reason",
    arguments: [
      ("", CodeTaskError.empty), ("c:", .empty), ("Input:\n1\nOutput:\n2", .empty), (#"{"task":""}"#, .empty),
      ("--language rust Print a.", .unknownLanguage("rust")),
      (#"{"task":"a","language":"rust"}"#, .unknownLanguage("rust")),
      ("{", .malformed("it is not valid JSON")), ("{}", .malformed("the field task is missing")),
    ])
  func refused(text: String, error: CodeTaskError) {
    #expect(throws: error) { try CodeTask(parsing: text) }
  }
}
