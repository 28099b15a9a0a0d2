// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Foundation

/// Compiles and runs programs that nobody trusts.
///
/// Any number of programs may run at once. Each has a thread that watches it and nothing that it shares with another.
public struct Sandbox: Sendable {
  /// How programs are kept apart from the machine.
  public let containment: ContainmentLevel
  /// Why containment is weaker than it could be and what to do about it; nil if it is not.
  public let notice: String?
  private let method: Method

  private enum Method: Sendable {
    case bubblewrap(Bubblewrap)
    case landlock(Landlock)
    case unsafe
    case nothing(reason: String)
  }

  /// Finds the strongest containment that holds here by trying it. With `isUnsafeAllowed`, nothing is contained.
  public static func probe(isUnsafeAllowed: Bool = false) -> Sandbox {
    if isUnsafeAllowed { return Sandbox(.unsafe, notice: nil) }
    return probe(ways: [.namespacesAsOtherUser, .namespacesOfUser, .landlock])
  }

  /// The first of these ways that holds here.
  package static func probe(ways: [ContainmentWay]) -> Sandbox {
    var reasons: [String] = []
    for way in ways {
      let sandbox: Sandbox
      switch way {
      case .namespacesAsOtherUser, .namespacesOfUser:
        if way == .namespacesAsOtherUser, geteuid() != 0 { continue }
        guard let bubblewrap = Bubblewrap(changesUser: way == .namespacesAsOtherUser) else {
          if installedTool("bwrap") == nil, reasons.isEmpty {
            reasons.append("bubblewrap is not installed: sudo apt install bubblewrap")
          }
          continue
        }
        sandbox = Sandbox(.bubblewrap(bubblewrap), notice: nil)
      case .landlock:
        let landlock = Landlock()
        if let obstacle = landlock.obstacle {
          reasons.append(obstacle)
          continue
        }
        sandbox = Sandbox(.landlock(landlock), notice: reasons.last)
      case .unsafe:
        return Sandbox(.unsafe, notice: nil)
      }
      guard let reason = sandbox.failure() else { return sandbox }
      reasons.append(reason)
    }
    let reason = reasons.joined(separator: "; ")
    return Sandbox(.nothing(reason: reason), notice: reason)
  }

  private init(_ method: Method, notice: String?) {
    self.method = method
    self.notice = notice
    switch method {
    case .bubblewrap: containment = .namespaces
    case .landlock(let landlock): containment = .landlock(lacking: landlock.lacking)
    case .unsafe: containment = .none
    case .nothing(let reason): containment = .unavailable(reason: reason)
    }
  }

  /// Languages whose tools are on this machine.
  public static var languages: [ProgramLanguage] {
    ProgramLanguage.allCases.filter { language in language.tools.contains { installedTool($0) != nil } }
  }

  /// Makes a program ready to run: it is compiled, in the sandbox too. The compiler's errors are part of the result.
  ///
  /// - Throws: `SandboxError` if the compiler cannot be run or the task is cancelled.
  public func prepare(
    _ program: String, language: ProgramLanguage, limits: RunLimits = .compilation
  ) async throws(SandboxError) -> PreparedProgram {
    let toolchain = try Toolchain.find(language, isShared: needsSharedTools)
    let source = try Descriptor.memoryFile(Array(program.utf8))
    let compilation = Compilation(of: source, language: language, toolchain: toolchain)
    let result = try await run(compilation.program, input: try .memoryFile([]), limits: limits)
    guard result.end == .exited(status: 0) else {
      return PreparedProgram(compileError: compilation.message(of: result), language: language)
    }
    if language == .python {
      let program = ContainedProgram(
        file: source, fileName: "main.py", command: [toolchain.executable, "@/main.py"], environment: [],
        toolchain: toolchain)
      return PreparedProgram(program, language: language)
    }
    let program = ContainedProgram(
      file: try .memoryFile(result.outputBytes), fileName: "main", command: ["@/main"], environment: [],
      // A Swift program loads the toolchain's libraries.
      toolchain: language == .swift ? toolchain : nil)
    return PreparedProgram(program, language: language)
  }

  /// Root's programs are somebody else's; bubblewrap shows them what only root may read.
  private var needsSharedTools: Bool {
    if case .landlock(let landlock) = method { landlock.isRoot } else { false }
  }

  /// Runs a program until it ends or reaches a limit. If the task is cancelled, the program and all that it started
  /// are killed.
  ///
  /// - Throws: `SandboxError` if the program cannot be started or the task is cancelled.
  public func run(
    _ program: PreparedProgram, input: String, limits: RunLimits = RunLimits()
  ) async throws(SandboxError) -> RunResult {
    guard let contained = program.program else { throw .notCompiled }
    return try await run(contained, input: try .memoryFile(Array(input.utf8)), limits: limits)
  }

  private func run(
    _ program: ContainedProgram, input: Descriptor, limits: RunLimits
  ) async throws(SandboxError) -> RunResult {
    let (supervision, folder) = try supervision(of: program, input: input, limits: limits)
    let result = try await supervision.run()
    // The folder goes when the program is gone, not before.
    return withExtendedLifetime(folder) { result }
  }

  private func supervision(
    of program: ContainedProgram, input: Descriptor, limits: RunLimits
  ) throws(SandboxError) -> (Supervision, ScratchFolder?) {
    // For reading only, whatever the program tries.
    let input = try input.reopened()
    switch method {
    case .bubblewrap(let bubblewrap):
      return (try bubblewrap.supervision(of: program, input: input, limits: limits), nil)
    case .landlock(let landlock):
      return try landlock.supervision(of: program, input: input, limits: limits)
    case .unsafe:
      let folder = try ScratchFolder(user: 0)
      try folder.add(try program.file.contents(), name: program.fileName)
      let launch = plainLaunch(program, in: folder, limits: limits, isAlone: false)
      let scratch = Supervision.WatchedScratch(path: folder.scratch, folder: folder.path, seesOpenFiles: true)
      let kind = Supervision.Kind.group(scratch: scratch)
      return (Supervision(launch: launch, kind: kind, input: input, limits: limits), folder)
    case .nothing(let reason):
      throw .noContainment(reason: reason)
    }
  }

  /// Tries the containment on the system's shell. Returns why it does not work here; nil if it does.
  private func failure() -> String? {
    do throws(SandboxError) {
      let program = ContainedProgram(
        file: try .memoryFile(Array("read word && echo \"$word\"".utf8)), fileName: "probe",
        command: ["/bin/sh", "@/probe"], environment: [], toolchain: nil)
      let limits = RunLimits(cpuSeconds: 5, wallSeconds: 20)
      let input = try Descriptor.memoryFile(Array("contained\n".utf8))
      let (supervision, folder) = try supervision(of: program, input: input, limits: limits)
      let result = try supervision.run(stop: nil)
      return withExtendedLifetime(folder) {
        if result.end == .exited(status: 0), result.output == "contained\n" { return nil }
        let said = result.lastLines(1)
        return said.isEmpty ? "a trial run ended with \(result.end)" : said
      }
    } catch {
      return error.message
    }
  }
}

extension Sandbox: CustomStringConvertible {
  public var description: String { containment.description }
}
