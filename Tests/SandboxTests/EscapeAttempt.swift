// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Foundation
import Sandboxing
import Testing

/// Something that a program might do to the machine, and how that has to end.
struct EscapeAttempt: Sendable, CustomTestStringConvertible {
  var name: String
  var language: ProgramLanguage = .python
  var program: String
  /// What a judge would have accepted.
  var expected = "done\n"
  /// The verdict's name. Some attempts may end in one of several ways, none of which is success.
  var verdicts: [String]
  /// What the verdict's detail or the output has to say, one of these; empty: nothing in particular.
  var says: [String] = []
  var limits = EscapeAttempt.limits()
  /// True for what, without namespaces and a user of its own, takes processes that the tests beside it need.
  var takesFromUser = false

  var testDescription: String { name }

  /// Wide enough that a busy machine keeps them, but for what an attempt is about.
  static func limits(
    cpuSeconds: Double = 20, wallSeconds: Double = 60, memoryBytes: Int = 128 << 20, outputBytes: Int = 256 << 10,
    fileBytes: Int = 1 << 20
  ) -> RunLimits {
    RunLimits(
      cpuSeconds: cpuSeconds, wallSeconds: wallSeconds, memoryBytes: memoryBytes, outputBytes: outputBytes,
      processes: 16, fileBytes: fileBytes, scratchBytes: 4 << 20, openFiles: 32)
  }

  /// Python that calls the system without a library between.
  static func systemCall(_ arguments: String) -> String {
    """
    import ctypes, os
    library = ctypes.CDLL(None, use_errno=True)
    if library.\(arguments) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    print('done')
    """
  }
}

/// Makes a table of what became of each attempt, when asked by `CONTAINMENT_TABLE=1`.
func report(_ attempt: EscapeAttempt, _ verdict: ExampleVerdict, in way: ContainmentWay) {
  guard ProcessInfo.processInfo.environment["CONTAINMENT_TABLE"] != nil else { return }
  let said: String
  switch verdict.kind {
  case .runtimeError: said = verdict.detail.split(separator: "\n").suffix(2).joined(separator: " · ")
  case .wrongAnswer, .accepted: said = verdict.output.split(separator: "\n").last.map(String.init) ?? ""
  default: said = ""
  }
  print("| \(way.rawValue) | \(attempt.name) | \(verdict.kind.rawValue) | \(said.prefix(90)) |")
}

/// Sandboxes by way of containment, each probed once.
enum Sandboxes {
  static let namespaces = Sandbox.probe(ways: [.namespacesAsOtherUser, .namespacesOfUser])
  static let namespacesOfUser = Sandbox.probe(ways: [.namespacesOfUser])
  static let limitsOnly = Sandbox.probe(ways: [.limitsOnly])
  static let unsafe = Sandbox.probe(isUnsafeAllowed: true)

  static var haveNamespaces: Bool { namespaces.containment == .namespaces }
  static var haveNamespacesOfUser: Bool { namespacesOfUser.containment == .namespaces }
  static var haveLimitsOnly: Bool { if case .limitsOnly = limitsOnly.containment { true } else { false } }
}

/// Processes of this machine whose command line holds a word.
func processes(holding word: String) -> [Int] {
  let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
  return names.compactMap(Int.init).filter { process in
    let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
    return String(decoding: line, as: UTF8.self).contains(word)
  }
}
