// SPDX-License-Identifier: Apache-2.0

import CodeTasks

/// An event of the work on a task. Events come in the order in which they happen.
public enum CodeEvent: Sendable, Equatable {
  /// Work begins; nothing of an earlier task is shown from now on.
  case started(CodeTask, CodeSetup)
  /// A role begins to write. `plan` counts from 0 and is nil for the retriever; `round` is the debugger's, from 1.
  case roleStarted(CodeRole, plan: Int?, round: Int?)
  /// The next piece of text from the role at work: whole characters.
  case piece(String)
  /// The similar tasks that the retriever came up with.
  case retrieved([CodeExemplar], algorithm: String?)
  /// A plan and how sure the planner is of it; a plan that the debugger changed comes again under its number.
  case planned(CodePlan)
  /// A whole program, about to be run.
  case programWritten(CodeProgram)
  /// How the last program did on an example, counted from 0.
  case exampleRun(Int, ExampleVerdict)
  /// Work is over.
  case finished(CodeOutcome)
  /// Work is over because it could not be done; codes are those of a batch's errors.
  case failed(code: String, message: String)
}

/// With what a task is worked on.
public struct CodeSetup: Sendable, Equatable {
  /// The model that takes the roles, by its name.
  public var modelName: String
  /// Roles that have an adapter of their own; the others are only prompted.
  public var adaptedRoles: [CodeRole]
  /// How programs are contained, as a sentence for people; a weaker way says what it lacks.
  public var containment: String
  /// True when containment lacks something that a person should know of.
  public var isContainmentWeak: Bool
  /// Similar tasks to retrieve, at most.
  public var exemplarCount: Int
  /// Rounds of debugging for a plan, at most.
  public var debugRounds: Int

  /// Memberwise; checks nothing.
  public init(
    modelName: String, adaptedRoles: [CodeRole], containment: String, isContainmentWeak: Bool, exemplarCount: Int,
    debugRounds: Int
  ) {
    self.modelName = modelName
    self.adaptedRoles = adaptedRoles
    self.containment = containment
    self.isContainmentWeak = isContainmentWeak
    self.exemplarCount = exemplarCount
    self.debugRounds = debugRounds
  }
}
