// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Foundation
import Sandboxing
import TestSupport
import Testing

/// The ways of containment that work here.
private let sandboxes = [Sandboxes.namespaces, Sandboxes.namespacesOfUser, Sandboxes.landlock].filter { sandbox in
  if case .unavailable = sandbox.containment { false } else { true }
}

@Suite("A program that nobody trusts", .enabled(if: !sandboxes.isEmpty, "no way of containment works here"))
struct ContainmentTests {
  @Test(
    "Is contained by namespaces", .enabled(if: Sandboxes.haveNamespaces, "bubblewrap does not work here"),
    arguments: HostileProgram.all)
  func namespaces(attempt: HostileProgram) async throws {
    try await expectContained(attempt, in: Sandboxes.namespaces, way: .namespacesAsOtherUser)
  }

  @Test(
    "Is contained by the namespaces that any user may have",
    .enabled(if: Sandboxes.haveNamespacesOfUser, "no user namespaces here"), arguments: HostileProgram.all)
  func namespacesOfUser(attempt: HostileProgram) async throws {
    try await expectContained(attempt, in: Sandboxes.namespacesOfUser, way: .namespacesOfUser)
  }

  @Test(
    "Is contained without namespaces", .enabled(if: Sandboxes.haveLandlock, "no Landlock here"),
    arguments: HostileProgram.all.filter { !$0.takesFromUser || Sandboxes.landlockCountsProcesses })
  func landlock(attempt: HostileProgram) async throws {
    try await expectContained(attempt, in: Sandboxes.landlock, way: .landlock)
  }

  private func expectContained(_ attempt: HostileProgram, in sandbox: Sandbox, way: ContainmentWay) async throws {
    let program = try await sandbox.prepare(attempt.program, language: attempt.language)
    let verdict = try await Judge(sandbox).verdict(
      of: program, on: CodeExample(input: "", output: attempt.expected), limits: attempt.limits)
    report(attempt, verdict, in: way)
    #expect(attempt.verdicts.contains(verdict.kind.rawValue), "\(verdict)")
    let said = verdict.detail + verdict.output
    #expect(attempt.says.isEmpty || attempt.says.contains { $0.isEmpty || said.contains($0) }, "\(verdict)")
  }

  @Test("Cannot have more processes than it may", arguments: sandboxes)
  func processLimit(sandbox: Sandbox) async throws {
    // Bounded, so that a kernel that does not count is found out before the attempts that are not.
    let program = """
      import os, time
      started = 0
      try:
          while started < 60:
              if os.fork() == 0:
                  time.sleep(10)
                  os._exit(0)
              started += 1
          time.sleep(5)
      except OSError as error:
          print(error, flush=True)
      print(started, flush=True)
      """
    let result = try await run(program, in: sandbox)
    #expect(!result.output.contains("60"), "\(result)")
    // The processes may reach the memory limit before the process limit.
    let ends: [RunEnd] = [.stopped(.processes), .stopped(.memory)]
    #expect(result.output.contains("temporarily unavailable") || ends.contains(result.end), "\(result)")
  }

  @Test(
    "Has no more processes than it may, not even for a moment", .enabled(if: Sandboxes.holdCalls, "no call is held"),
    arguments: sandboxes)
  func processesOfMoment(sandbox: Sandbox) async throws {
    let program = """
      #include <unistd.h>
      int main(void) {
        for (int count = 0; count < 60; count++) {
          if (fork() == 0) {
            write(1, "x", 1);
            for (;;) pause();
          }
        }
        pause();
      }
      """
    let prepared = try await sandbox.prepare(program, language: .c)
    let result = try await sandbox.run(prepared, input: "", limits: HostileProgram.limits())
    #expect(result.end == .stopped(.processes), "\(result)")
    // With the first, they are sixteen.
    #expect(result.output.count <= 15, "\(result)")
  }

  @Test("Starts processes and renames files one after the other for as long as it likes", arguments: sandboxes)
  func startsInTurn(sandbox: Sandbox) async throws {
    let program = """
      import os, subprocess, threading
      for count in range(100):
          subprocess.run(['true'], check=True)
          thread = threading.Thread(target=os.rename, args=(f'f{count}', f'f{count + 1}'))
          if count == 0: open('f0', 'w').close()
          thread.start()
          thread.join()
      print(os.listdir())
      """
    let result = try await run(program, in: sandbox)
    #expect(result.end == .exited(status: 0) && result.output == "['f100']\n", "\(result)")
  }

  // An orphan that has ended is one of its processes until somebody waits for it.
  @Test("May leave orphans that end", arguments: sandboxes)
  func endedOrphans(sandbox: Sandbox) async throws {
    let program = """
      import os
      for _ in range(60):
          if os.fork() == 0:
              os.fork()
              os._exit(0)
          os.wait()
      print('done')
      """
    let result = try await run(program, in: sandbox)
    #expect(result.end == .exited(status: 0), "\(result)")
  }

  // The signal must not end the wait of a call that is held. Plain fork lets signals through; this library does not.
  @Test("Starts programs while a timer strikes", arguments: sandboxes)
  func startsUnderTimer(sandbox: Sandbox) async throws {
    let program = """
      import signal, subprocess
      signal.signal(signal.SIGALRM, lambda *_: None)
      signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
      for _ in range(100): subprocess.run(['true'], check=True)
      signal.setitimer(signal.ITIMER_REAL, 0)
      """
    let result = try await run(program, in: sandbox)
    #expect(result.end == .exited(status: 0), "\(result)")
  }

  // MARK: What only this side can see

  @Test("Cannot read the home folder", arguments: sandboxes)
  func homeFolder(sandbox: Sandbox) async throws {
    let file = FileManager.default.homeDirectoryForCurrentUser.appending(path: ".edgeassist-\(UUID().uuidString)")
    try Data("secret".utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let result = try await run("print(open('\(file.path)').read())", in: sandbox)
    #expect(result.end == .exited(status: 1))
    #expect(result.errors.contains("No such file") || result.errors.contains("Permission denied"), "\(result.errors)")
  }

  @Test("Cannot read the temporary files of others", arguments: sandboxes)
  func temporaryFolder(sandbox: Sandbox) async throws {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let file = try folder.write("secret", to: "secret.txt")
    let result = try await run("print(open('\(file)').read())", in: sandbox)
    #expect(result.end == .exited(status: 1), "\(result)")
  }

  @Test("Cannot look into the process that runs it", arguments: sandboxes)
  func processOfParent(sandbox: Sandbox) async throws {
    let result = try await run("print(open('/proc/\(getpid())/environ').read())", in: sandbox)
    #expect(result.end == .exited(status: 1), "\(result)")
  }

  @Test("Is given no variable of this process's environment", arguments: sandboxes)
  func environment(sandbox: Sandbox) async throws {
    let result = try await run("import os\nfor name in os.environ: print(name)", in: sandbox)
    let given: Set = [
      "PATH", "HOME", "TMPDIR", "LANG", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE", "SWIFT_BACKTRACE", "PWD",
      "LC_CTYPE",
    ]
    #expect(Set(result.output.split(separator: "\n").map(String.init)).isSubset(of: given), "\(result.output)")
  }

  @Test("Is given no open file of this process", arguments: sandboxes)
  func openFiles(sandbox: Sandbox) async throws {
    // Open for good, as other parts of the process may have files.
    let mine = try #require(fopen("/etc/hostname", "r") ?? fopen("/dev/null", "r"))
    defer { fclose(mine) }
    let program = """
      import os
      for number in range(3, 32):
          try:
              os.fstat(number)
              print(number)
          except OSError:
              pass
      """
    #expect(try await run(program, in: sandbox).output == "")
  }

  @Test("Leaves no daemon behind", arguments: sandboxes)
  func daemon(sandbox: Sandbox) async throws {
    let mark = "31\(Int.random(in: 100_000...999_999)).5"
    let program = """
      import os, time
      if os.fork() == 0:
          try: os.setsid()
          except OSError: pass
          if os.fork() == 0:
              os.execv('/bin/sleep', ['sleep', '\(mark)'])
          os._exit(0)
      time.sleep(0.2)
      print('done')
      """
    let result = try await run(program, in: sandbox)
    #expect(result.output == "done\n")
    // Killed is not yet gone.
    try await waitUntil { processes(holding: mark).isEmpty }
    #expect(processes(holding: mark).isEmpty)
  }

  @Test("Is the first to go when memory runs out, and cannot change that", arguments: sandboxes)
  func memoryKiller(sandbox: Sandbox) async throws {
    let program = """
      print(open('/proc/self/oom_score_adj').read().strip(), flush=True)
      open('/proc/self/oom_score_adj', 'w').write('0')
      """
    let result = try await run(program, in: sandbox)
    #expect(result.output == "1000\n" && result.end == .exited(status: 1), "\(result)")
  }

  @Test("Sees a network of nobody", .enabled(if: Sandboxes.haveNamespaces))
  func networkNamespace() async throws {
    let result = try await run("print(open('/proc/net/dev').read())", in: Sandboxes.namespaces)
    let devices = result.output.split(separator: "\n").dropFirst(2).map { $0.split(separator: ":")[0] }
    #expect(devices.map { $0.filter { $0 != " " } } == ["lo"])
  }

  @Test("Sees its own processes only", .enabled(if: Sandboxes.haveNamespaces))
  func processNamespace() async throws {
    let program = "import os\nprint(sum(name.isdigit() for name in os.listdir('/proc')))"
    let result = try await run(program, in: Sandboxes.namespaces)
    #expect(try #require(Int(result.output.filter(\.isNumber))) <= 3)
  }

  @Test("Finds its scratch folder empty in each run", arguments: sandboxes)
  func scratchIsNew(sandbox: Sandbox) async throws {
    let program = try await sandbox.prepare(
      "import os\nprint(os.listdir('.'))\nopen('left', 'w').write('x')", language: .python)
    for _ in 0..<2 {
      #expect(try await sandbox.run(program, input: "", limits: HostileProgram.limits()).output == "[]\n")
    }
  }

  private func run(_ program: String, in sandbox: Sandbox) async throws -> RunResult {
    let program = try await sandbox.prepare(program, language: .python)
    return try await sandbox.run(program, input: "", limits: HostileProgram.limits())
  }
}
