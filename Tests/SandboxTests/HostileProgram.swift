// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Foundation
import Sandboxing
import Testing

/// Something that a program might do to the machine, and how that has to end.
struct HostileProgram: Sendable, CustomTestStringConvertible {
  var name: String
  var language: ProgramLanguage = .python
  var program: String
  /// What a judge would have accepted.
  var expected = "done\n"
  /// The verdict's name. Some attempts may end in one of several ways, none of which is success.
  var verdicts: [String]
  /// What the verdict's detail or the output has to say, one of these; empty: nothing in particular.
  var says: [String] = []
  var limits = HostileProgram.limits()
  /// True for what takes processes that the tests beside it need, where nothing but looks bounds them.
  var takesFromUser = false

  var testDescription: String { name }

  static let all = greedy + limitEvading + racing + escaping + endingUnusually + feigning

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
func report(_ attempt: HostileProgram, _ verdict: ExampleVerdict, in way: ContainmentWay) {
  guard ProcessInfo.processInfo.environment["CONTAINMENT_TABLE"] != nil else { return }
  let said: String
  switch verdict.kind {
  case .runtimeError: said = verdict.detail.split(separator: "\n").suffix(2).joined(separator: " · ")
  case .wrongAnswer, .accepted: said = verdict.output.split(separator: "\n").last.map(String.init) ?? ""
  default: said = ""
  }
  print("| \(way.rawValue) | \(attempt.name) | \(verdict.kind.rawValue) | \(said.prefix(90)) |")
}
