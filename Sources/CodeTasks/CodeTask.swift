// SPDX-License-Identifier: Apache-2.0

/// A programming task: read standard input, write standard output.
public struct CodeTask: Sendable, Equatable {
  /// What the program must do, as text.
  public var statement: String
  /// The language to write in.
  public var language: ProgramLanguage
  /// What the program must answer; without any, nothing can be checked.
  public var examples: [CodeExample]

  /// Makes a task.
  public init(statement: String, language: ProgramLanguage = .python, examples: [CodeExample] = []) {
    self.statement = statement
    self.language = language
    self.examples = examples
  }
}

/// An input and the output that a program must answer it with.
public struct CodeExample: Sendable, Equatable {
  /// Standard input of the program.
  public var input: String
  /// What the program must write to standard output.
  public var output: String

  /// Makes an example.
  public init(input: String, output: String) {
    self.input = input
    self.output = output
  }
}
