// SPDX-License-Identifier: Apache-2.0

/// A programming task: read standard input, write standard output.
public struct CodeTask: Sendable, Equatable {
  /// Description of the task, as text.
  public var statement: String
  /// The language to write in.
  public var language: ProgramLanguage
  /// Inputs with the expected outputs; without any, nothing can be checked.
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
  /// Expected standard output of the program.
  public var output: String

  /// Makes an example.
  public init(input: String, output: String) {
    self.input = input
    self.output = output
  }
}
