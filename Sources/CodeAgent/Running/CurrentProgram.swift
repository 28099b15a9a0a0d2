// SPDX-License-Identifier: Apache-2.0

import SessionInterface

/// Which program is meant when a person saves or shares one: of the task at hand the program written last, and at the end
/// the one that the work came to. A program of an earlier task is never meant.
package struct CurrentProgram {
  package private(set) var program: CodeProgram?

  package init() {}

  package mutating func take(_ event: CodeEvent) {
    switch event {
    case .started: program = nil
    case .programWritten(let written): program = written
    case .finished(let outcome): program = outcome.program
    case .roleStarted, .piece, .retrieved, .planned, .exampleRun, .failed: break
    }
  }
}
