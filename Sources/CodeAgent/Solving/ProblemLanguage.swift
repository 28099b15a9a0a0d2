// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Records

extension CodeProblem {
  /// The task, to be solved in a language that can be run here.
  ///
  /// - Parameter language: the user's; takes the place of the file's.
  /// - Throws: `ReportedError` with the code `language_unavailable` when the file names a language that is not known.
  package func task(in language: ProgramLanguage? = nil) throws(ReportedError) -> CodeTask {
    var task = task
    if let language {
      task.language = language
    } else if let name = unknownLanguage {
      throw ReportedError(
        .languageUnavailable, "programs in “\(name)” are not known here; there are \(ProgramLanguage.list)")
    }
    return task
  }
}
