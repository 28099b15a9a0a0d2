// SPDX-License-Identifier: Apache-2.0

import CodeTasks

/// Who works on a programming task, in the order in which they begin (MapCoder-Lite, arXiv 2509.17489).
public enum CodeRole: String, Sendable, CaseIterable {
  /// Recalls similar tasks with their solutions.
  case retriever
  /// Plans the steps, once for each similar task, and says how sure it is of each plan.
  case planner
  /// Writes the program of a plan.
  case coder
  /// Corrects plan and program after an example has failed.
  case debugger
}

/// What happens while a task is worked on, in the order in which it happens.
public enum CodeEvent: Sendable, Equatable {
  /// Work begins; whatever was shown of an earlier task is over.
  case started(CodeTask, CodeSetup)
  /// A role begins to write. `plan` counts from 0 and is nil for the retriever; `round` is the debugger's, from 1.
  case roleStarted(CodeRole, plan: Int?, round: Int?)
  /// The next piece of what the role at work writes: whole characters.
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

/// A similar task that the retriever came up with.
public struct CodeExemplar: Sendable, Equatable {
  /// The task, as one paragraph.
  public var description: String
  /// Its solution, in numbered steps.
  public var plan: String
  /// Its solution, as a program in the language of the task at hand.
  public var program: String

  /// Memberwise; checks nothing.
  public init(description: String, plan: String, program: String) {
    self.description = description
    self.plan = plan
    self.program = program
  }
}

/// A plan for a task.
public struct CodePlan: Sendable, Equatable {
  /// Which one, from 0, in the order in which they were made.
  public var number: Int
  /// The steps, one a line.
  public var text: String
  /// From 0 to 100; nil if the planner did not say.
  public var confidence: Int?

  /// Memberwise; checks nothing.
  public init(number: Int, text: String, confidence: Int?) {
    self.number = number
    self.text = text
    self.confidence = confidence
  }
}

/// A program made from a plan.
public struct CodeProgram: Sendable, Equatable {
  /// The language it is written in.
  public var language: ProgramLanguage
  /// The program, without a fence.
  public var text: String
  /// The plan's number; nil for a program written without one.
  public var plan: Int?
  /// Rounds of debugging it has been through.
  public var round: Int

  /// Memberwise; checks nothing.
  public init(language: ProgramLanguage, text: String, plan: Int?, round: Int) {
    self.language = language
    self.text = text
    self.plan = plan
    self.round = round
  }
}

/// The roles' replies to all requests of a task, counted.
public struct CodeReplies: Sendable, Equatable {
  /// Replies that were used after something in them had been mended.
  public var mended: Int
  /// Replies that could not be used.
  public var lost: Int
  /// Tokens of all prompts.
  public var promptTokens: Int
  /// Tokens that the roles wrote.
  public var answerTokens: Int

  /// Counts are 0 unless given.
  public init(mended: Int = 0, lost: Int = 0, promptTokens: Int = 0, answerTokens: Int = 0) {
    self.mended = mended
    self.lost = lost
    self.promptTokens = promptTokens
    self.answerTokens = answerTokens
  }
}

/// How work on a task ended and what it cost.
public struct CodeOutcome: Sendable, Equatable {
  /// Why work ended.
  public enum End: String, Sendable {
    /// The program passes every example.
    case passed
    /// The task has no examples, so that nothing could be checked.
    case unchecked
    /// No program passed every example; the one that passed most is returned.
    case unproven
    /// A limit of time or tokens was reached; the best so far is returned.
    case limit
    /// The user stopped it; the best so far is returned.
    case cancelled
    /// The user took a program as it was.
    case accepted
  }

  /// Why work ended.
  public var end: End
  /// nil if no role has written a program.
  public var program: CodeProgram?
  /// Examples of the task.
  public var examples: Int
  /// Examples that the program passes.
  public var examplesPassed: Int
  /// Plans of which a program was written.
  public var plansTried: Int
  /// Rounds of debugging, over all plans.
  public var debugRounds: Int
  /// What the roles read and wrote.
  public var replies: CodeReplies
  /// Time that work took.
  public var seconds: Double

  /// Counts are 0 unless given.
  public init(
    end: End, program: CodeProgram?, examples: Int = 0, examplesPassed: Int = 0, plansTried: Int = 0,
    debugRounds: Int = 0, replies: CodeReplies = CodeReplies(), seconds: Double = 0
  ) {
    self.end = end
    self.program = program
    self.examples = examples
    self.examplesPassed = examplesPassed
    self.plansTried = plansTried
    self.debugRounds = debugRounds
    self.replies = replies
    self.seconds = seconds
  }
}
