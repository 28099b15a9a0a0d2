// SPDX-License-Identifier: Apache-2.0

import CodeTasks

/// Why a program could not be run. Each message is one line that says what is wrong and what to do.
public enum SandboxError: Error, Sendable, Equatable {
  /// No tool for the language is installed.
  case languageUnavailable(ProgramLanguage)
  /// A tool is there, but only for this user, and programs here run as another.
  case toolNotShared(tool: String)
  /// A tool is there and does not work.
  case toolFailed(tool: String, detail: String)
  /// Nothing on this machine can contain a program.
  case noContainment(reason: String)
  /// The program did not compile, so that there is nothing to run.
  case notCompiled
  /// The system refused something that a run needs.
  case system(call: String, detail: String)
  /// The task that asked was cancelled; the program has been ended.
  case cancelled
}

extension SandboxError: CustomStringConvertible {
  public var description: String { message }

  /// For people.
  public var message: String {
    switch self {
    case .languageUnavailable(let language):
      "\(language.title) programs cannot be run: no \(language.tools.joined(separator: ", ")) found; \(language.advice)"
    case .toolNotShared(let tool):
      "\(tool) is for this user alone, and without namespaces root's programs run as another; install it for all"
    case .toolFailed(let tool, let detail):
      "\(tool) does not work: \(detail)"
    case .noContainment(let reason):
      "programs cannot be contained here (\(reason)); install bubblewrap, or allow it all the same with --unsafe-run"
    case .notCompiled:
      "the program did not compile, so that it cannot be run"
    case .system(let call, let detail):
      "a program could not be started: \(call): \(detail)"
    case .cancelled:
      "the program was stopped"
    }
  }
}
