// SPDX-License-Identifier: Apache-2.0

/// A programming task: read standard input, write standard output.
public struct CodeTask: Sendable, Equatable {
  /// What is to be done, in words.
  public var statement: String
  /// The language to write in.
  public var language: ProgramLanguage
  /// What the program must answer; without any, nothing can be checked.
  public var examples: [CodeExample]

  public init(statement: String, language: ProgramLanguage = .python, examples: [CodeExample] = []) {
    self.statement = statement
    self.language = language
    self.examples = examples
  }
}

/// What a program is given and what it has to answer.
public struct CodeExample: Sendable, Equatable {
  public var input: String
  public var output: String

  public init(input: String, output: String) {
    self.input = input
    self.output = output
  }
}
