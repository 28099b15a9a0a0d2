// SPDX-License-Identifier: Apache-2.0

import CodeTasks

/// A program between fences.
func fenced(_ program: String, _ language: ProgramLanguage) -> String { "```\(language.rawValue)\n\(program)\n```" }

extension String {
  /// Without line breaks at the end.
  var droppingFinalNewlines: String { lastIndex { !$0.isNewline }.map { String(self[...$0]) } ?? "" }
}
