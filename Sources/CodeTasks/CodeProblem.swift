// SPDX-License-Identifier: Apache-2.0

/// A task from a file, with what only a judge knows of it.
public struct CodeProblem: Sendable, Equatable {
  /// Tells it from others in results: the file's own id, or one made of the file's name.
  public var id: String
  /// What the roles are given.
  public var task: CodeTask
  /// The language that the file asks for, where programs are not written in it here; the task's own is then a stand-in.
  public var unknownLanguage: String?
  /// Hidden tests, which the roles never see; empty if the file has none.
  public var tests: [CodeExample]
  /// What sort of task it is, where the file says.
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
