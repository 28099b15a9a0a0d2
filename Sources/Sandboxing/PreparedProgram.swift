// SPDX-License-Identifier: Apache-2.0

import CodeTasks

/// A program ready to be run as often as one likes: compiled, where its language wants that.
public struct PreparedProgram: Sendable {
  /// Its language.
  public let language: ProgramLanguage
  /// The compiler's message, if the program did not compile; there is then nothing to run.
  public let compileError: String?
  let program: ContainedProgram?

  init(_ program: ContainedProgram, language: ProgramLanguage) {
    self.language = language
    self.program = program
    compileError = nil
  }

  init(compileError: String, language: ProgramLanguage) {
    self.language = language
    self.compileError = compileError
    program = nil
  }
}
