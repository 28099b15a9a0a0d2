// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Platform

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
  /// This process may not have open as many files as a run needs.
  case tooFewOpenFiles(allowed: Int)
  /// The user may have no more processes and threads.
  case tooFewProcesses
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
    case .tooFewOpenFiles(let allowed):
      "programs cannot be run: too few open files are allowed (\(allowed)); allow \(Self.openFilesNeeded): ulimit -n "
        + "\(Self.openFilesNeeded)"
    case .tooFewProcesses:
      "programs cannot be run: this user may not start another process or thread; end some, or allow more: ulimit -u"
    case .system(let call, let detail):
      "a program could not be started: \(call): \(detail)"
    case .cancelled:
      "the program was stopped"
    }
  }
}

extension SandboxError {
  /// Open files of a process that are enough for a run, with what else it has open.
  static let openFilesNeeded = 256
  /// With fewer, none is begun: what it would fail of, and where, is left to chance.
  static let fewestOpenFiles = 64

  /// The system's reason for a call that failed, from `errno`.
  static func refused(_ call: String, _ code: Int32) -> SandboxError {
    switch code {
    case EMFILE: .tooFewOpenFiles(allowed: openFilesAllowed())
    case EAGAIN: .tooFewProcesses
    default: .system(call: call, detail: errorText(code))
    }
  }
}

/// Open files that this process may have.
func openFilesAllowed() -> Int {
  ResourceLimit.openFiles.current.map(Int.init(clamping:)) ?? .max
}
