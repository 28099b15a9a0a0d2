// SPDX-License-Identifier: Apache-2.0

import SessionInterface

/// The program that a person saves or copies: during a task the one written last, after it the one of the outcome.
/// A program of an earlier task is never taken.
package struct ProgramToSave {
  /// nil before the task's first program.
  package private(set) var program: CodeProgram?

  /// Begins without a program.
  package init() {}

  /// Follows an event of the work.
  package mutating func take(_ event: CodeEvent) {
    switch event {
    case .started: program = nil
    case .programWritten(let written): program = written
    case .finished(let outcome): program = outcome.program
    case .roleStarted, .piece, .retrieved, .planned, .exampleRun, .failed: break
    }
  }
}
