// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Compute
import Foundation
import Inference
import Platform
import Records
import Sandboxing
import Screen
import Tuning
import Video

/// Capabilities of this machine, as `edgeassist doctor` finds them out.
struct MachineFindings: Sendable {
  /// Whether programs of a language run.
  struct Language: Sendable {
    var language: ProgramLanguage
    /// Why the test program does not run; nil if it does.
    var problem: String?
  }

  var processors: Int
  var processorName: String?
  var instructionSet: InstructionSet
  var schedules: Result<TunedScheduleFile?, TunedScheduleFile.Problem>
  var memory: MachineMemory?
  var video: FFmpegFindings
  var terminal: TerminalFindings
  var containment: ContainmentLevel
  var sandboxNotice: String?
  /// nil where no program is run.
  var limits: LimitKeeping?
  var languages: [Language]

  /// Looks at the machine, and runs a test program in each language.
  static func gather(environment: [String: String]) async -> MachineFindings {
    let sandbox = Sandbox.probe()
    var languages: [Language] = []
    for language in ProgramLanguage.allCases {
      languages.append(Language(language: language, problem: await problem(of: language, in: sandbox)))
    }
    return MachineFindings(
      processors: ProcessInfo.processInfo.activeProcessorCount, processorName: Processor().name,
      instructionSet: .best, schedules: TunedSchedules.find(threads: ThreadOptions.perProcessor), memory: .current(),
      video: .current, terminal: .current(environment: environment),
      containment: sandbox.containment, sandboxNotice: sandbox.notice, limits: sandbox.limitKeeping,
      languages: languages)
  }

  private static func problem(of language: ProgramLanguage, in sandbox: Sandbox) async -> String? {
    let program =
      switch language {
      case .python, .swift: "print(6 * 7)"
      case .c: "#include <stdio.h>\nint main(void) { printf(\"%d\\n\", 6 * 7); }"
      }
    do throws(SandboxError) {
      let prepared = try await sandbox.prepare(program, language: language)
      let verdict = try await Judge(sandbox).verdict(of: prepared, on: CodeExample(input: "", output: "42"))
      guard verdict.kind != .accepted else { return nil }
      return "a test program failed (\(verdict.kind.rawValue)): \(verdict.detail.split(separator: "\n").last ?? "")"
    } catch {
      return error.message
    }
  }
}

extension MachineFindings {
  /// The findings for scripts.
  var json: OrderedJSON {
    [
      "processor": [
        "count": .integer(processors), "name": .optional(processorName), "kernels": .string(instructionSet.rawValue),
      ],
      "schedules": schedulesJSON,
      "memory": memory.map {
        ["limit": .integer($0.limit), "available": .integer($0.available), "confined": .bool($0.isConfined)]
      } ?? .null,
      "ffmpeg": .object(
        video.libraries.map { ($0.name, .string($0.version)) } + [("devices", .bool(video.readsDevices))]),
      "terminal": [
        "interactive": .bool(terminal.isInteractive), "type": .optional(terminal.type),
        "known": .bool(terminal.isKnown), "colours": .integer(terminal.colours),
        "unicode": .bool(terminal.appearance.unicode),
      ],
      "sandbox": [
        "containment": .string(containment.name), "weak": .bool(containment.isWeak),
        "description": .string(containment.description), "notice": .optional(sandboxNotice),
        "hard_limits": .array((limits?.hard ?? []).map { .string($0) }),
        "watched_limits": .array((limits?.watched ?? []).map { .string($0) }),
        "missing_limits": .array((limits?.missing ?? []).map { .string($0) }),
      ],
      "languages": .object(
        languages.map {
          ($0.language.rawValue, ["runs": .bool($0.problem == nil), "problem": .optional($0.problem)])
        }),
    ]
  }

  private var schedulesJSON: OrderedJSON {
    switch schedules {
    case .success(let file): ["tuned": .integer(file?.table?.count ?? 0), "problem": .null]
    case .failure(let problem): ["tuned": 0, "problem": .string(problem.message)]
    }
  }
}
