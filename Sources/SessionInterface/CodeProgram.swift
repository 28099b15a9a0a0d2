// SPDX-License-Identifier: Apache-2.0

import CodeTasks

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
