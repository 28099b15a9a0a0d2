// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Foundation
import Platform

/// Compiles and runs programs that nobody trusts.
///
/// Any number of programs may run at once. Each has a thread that watches it and nothing that it shares with another.
public struct Sandbox: Sendable {
  /// How programs are kept apart from the machine.
  public let containment: ContainmentLevel
  /// Why nothing is run here; nil if programs are.
  package var obstacle: SandboxError? {
    if case .nothing(let obstacle) = method { obstacle } else { nil }
  }
  /// Why containment is weaker than it could be and what to do about it; nil if it is not.
  public let notice: String?
  private let method: Method

  private enum Method: Sendable {
    case bubblewrap(Bubblewrap)
    case landlock(Landlock)
    case unsafe
    case nothing(SandboxError)
  }

  /// Finds the strongest containment that holds here by trying it. With `isUnsafeAllowed`, nothing is contained.
  public static func probe(isUnsafeAllowed: Bool = false) -> Sandbox {
    if isUnsafeAllowed { return Sandbox(.unsafe, notice: nil) }
    return probe(ways: [.namespacesAsOtherUser, .namespacesOfUser, .landlock])
  }

  /// The first of these ways that holds here.
  ///
  /// - Parameter holdingCalls: whether a program's calls may be held.
  package static func probe(ways: [ContainmentWay], holdingCalls: Bool = true) -> Sandbox {
    let openFiles = openFilesAllowed()
    // Any way would fail of this somewhere, and be blamed for it.
    if openFiles < SandboxError.fewestOpenFiles {
      return Sandbox(.nothing(.tooFewOpenFiles(allowed: openFiles)), notice: nil)
    }
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
      if holdingCalls, let sandbox = sandbox.holdingCalls() { return sandbox.inControlGroups() }
      do throws(SandboxError) {
        guard let reason = try sandbox.failure() else { return sandbox.inControlGroups() }
        reasons.append(reason)
      } catch {
        switch error {
        // Any other way would fail of this too.
        case .tooFewOpenFiles, .tooFewProcesses: return Sandbox(.nothing(error), notice: error.message)
        default: reasons.append(error.message)
        }
      }
    }
    let reason = reasons.joined(separator: "; ")
    return Sandbox(.nothing(.noContainment(reason: reason)), notice: reason)
  }

  /// The same with programs whose calls are held; nil where that does not work.
  private func holdingCalls() -> Sandbox? {
    guard HeldCalls.areAvailable else { return nil }
    let holding: Sandbox
    switch method {
    case .bubblewrap(var bubblewrap):
      bubblewrap.holdsCalls = true
      holding = Sandbox(.bubblewrap(bubblewrap), notice: notice)
    case .landlock(var landlock):
      landlock.holdsCalls = true
      holding = Sandbox(.landlock(landlock), notice: notice)
    case .unsafe, .nothing: return nil
    }
    return holding.works ? holding : nil
  }

  /// The same in control groups, where that works.
  private func inControlGroups() -> Sandbox {
    guard let groups = ControlGroups.usable() else { return self }
    let grouped: Sandbox
    switch method {
    case .bubblewrap(var bubblewrap):
      bubblewrap.groups = groups
      grouped = Sandbox(.bubblewrap(bubblewrap), notice: notice)
    case .landlock(var landlock):
      landlock.groups = groups
      grouped = Sandbox(.landlock(landlock), notice: notice)
    case .unsafe, .nothing: return self
    }
    return grouped.works ? grouped : self
  }

  /// Whether a trial run succeeds.
  private var works: Bool {
    do throws(SandboxError) { return try failure() == nil } catch { return false }
  }

  /// How limits are kept here; nil if no program is run.
  public var limitKeeping: LimitKeeping? {
    switch method {
    case .bubblewrap(let bubblewrap): bubblewrap.limitKeeping
    case .landlock(let landlock): landlock.limitKeeping
    case .unsafe:
      LimitKeeping(
        countsProcesses: false, hasOwnScratch: false, seesOpenFiles: true, filtersCalls: false, holdsCalls: false,
        hasGroup: false)
    case .nothing: nil
    }
  }

  private init(_ method: Method, notice: String?) {
    self.method = method
    self.notice = notice
    switch method {
    case .bubblewrap: containment = .namespaces
    case .landlock(let landlock): containment = .landlock(lacking: landlock.lacking)
    case .unsafe: containment = .none
    case .nothing(let obstacle): containment = .unavailable(reason: obstacle.message)
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
    if let obstacle { throw obstacle }
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
    try await supervision(of: program, input: input, limits: limits).run()
  }

  private func supervision(
    of program: ContainedProgram, input: Descriptor, limits: RunLimits
  ) throws(SandboxError) -> Supervision {
    // For reading only, whatever the program tries.
    let input = try input.reopened()
    switch method {
    case .bubblewrap(let bubblewrap): return try bubblewrap.supervision(of: program, input: input, limits: limits)
    case .landlock(let landlock): return try landlock.supervision(of: program, input: input, limits: limits)
    case .unsafe:
      let watchdog = try Watchdog(status: nil, wallSeconds: limits.wallSeconds)
      let folder = try ScratchFolder(user: 0, watchdog: watchdog)
      try folder.add(try program.file.contents(), name: program.fileName)
      let launch = plainLaunch(program, in: folder, limits: limits, isAlone: false)
      let scratch = Supervision.WatchedScratch(path: folder.scratch, seesOpenFiles: true)
      return Supervision(
        launch: launch, kind: .group(scratch: scratch), input: input, limits: limits, watchdog: watchdog)
    case .nothing(let obstacle): throw obstacle
    }
  }

  /// Tries the containment on the system's shell. Returns what is wrong with the run; nil if nothing is.
  private func failure() throws(SandboxError) -> String? {
    let program = ContainedProgram(
      file: try .memoryFile(Array("read word && echo \"$word\"".utf8)), fileName: "probe",
      command: ["/bin/sh", "@/probe"], environment: [], toolchain: nil)
    let limits = RunLimits(cpuSeconds: 5, wallSeconds: 20)
    let input = try Descriptor.memoryFile(Array("contained\n".utf8))
    let result = try supervision(of: program, input: input, limits: limits).run(stop: nil)
    if result.end == .exited(status: 0), result.output == "contained\n" { return nil }
    let said = result.lastLines(1)
    if said.hasSuffix(errorText(EAGAIN)) { throw .tooFewProcesses }
    return said.isEmpty ? "a trial run ended with \(result.end)" : said
  }
}

extension Sandbox: CustomStringConvertible {
  public var description: String { containment.description }
}
