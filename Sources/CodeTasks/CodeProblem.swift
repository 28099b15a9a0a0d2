// SPDX-License-Identifier: Apache-2.0

/// A task from a file, with what only a judge knows of it.
public struct CodeProblem: Sendable, Equatable {
  /// Identifier in results: the file's own id, or one made of the file's name.
  public var id: String
  /// The task, as the roles read it.
  public var task: CodeTask
  /// Language that the file asks for, if no programs are written in it here; `task.language` is then a stand-in.
  public var unknownLanguage: String?
  /// Hidden tests, which the roles never see; empty if the file has none.
  public var tests: [CodeExample]
  /// Kind of the task, where the file says.
  public var kind: String?
  /// Other groups to which it belongs, where the file says.
  public var tags: [String]

  /// Makes a problem.
  public init(
    id: String, task: CodeTask, unknownLanguage: String? = nil, tests: [CodeExample] = [], kind: String? = nil,
    tags: [String] = []
  ) {
    self.id = id
    self.task = task
    self.unknownLanguage = unknownLanguage
    self.tests = tests
    self.kind = kind
    self.tags = tags
  }
}
