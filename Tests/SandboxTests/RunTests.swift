// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Foundation
import Sandboxing
import Testing

/// Ways of containment that hold here, and none at all: a program behaves the same in each.
private let sandboxes: [Sandbox] = [
  Sandboxes.namespaces, Sandboxes.namespacesOfUser, Sandboxes.landlock, Sandboxes.unsafe,
].filter { sandbox in
  if case .unavailable = sandbox.containment { false } else { true }
}

private let hasSwift = Sandbox.languages.contains(.swift)
private let hasC = Sandbox.languages.contains(.c)

@Suite("A program that does what it should")
struct RunTests {
  private static let sumOfLines: [(ProgramLanguage, String)] = [
    (.python, "import sys\nprint(sum(int(line) for line in sys.stdin))"),
    (
      .c,
      """
      #include <math.h>
      #include <stdio.h>
      int main(void) {
        double number, sum = 0;
        while (scanf("%lf", &number) == 1) sum += number;
        printf("%.0f\\n", floor(sum));
      }
      """
    ),
    (.swift, "var sum = 0\nwhile let line = readLine() { sum += Int(line)! }\nprint(sum)"),
  ]

  @Test(
    "In Python", .enabled(if: Sandbox.languages.contains(.python), "python3 is not installed"), arguments: sandboxes)
  func python(sandbox: Sandbox) async throws {
    try await expectSum(in: sandbox, language: .python)
  }

  @Test("In C", .enabled(if: Sandbox.languages.contains(.c), "no C compiler is installed"), arguments: sandboxes)
  func c(sandbox: Sandbox) async throws {
    try await expectSum(in: sandbox, language: .c)
  }

  @Test(
    "In Swift", .enabled(if: hasSwift, "swiftc is not installed"), arguments: sandboxes.prefix(1) + sandboxes.suffix(2))
  func swift(sandbox: Sandbox) async throws {
    try await expectSum(in: sandbox, language: .swift)
  }

  private func expectSum(in sandbox: Sandbox, language: ProgramLanguage) async throws {
    let text = try #require(Self.sumOfLines.first { $0.0 == language }?.1)
    let program = try await sandbox.prepare(text, language: language)
    #expect(program.compileError == nil)
    for numbers in [[1, 2], [40, 2, 100]] {
      let input = numbers.map { "\($0)\n" }.joined()
      let result = try await sandbox.run(program, input: input, limits: RunLimits(cpuSeconds: 10, wallSeconds: 60))
      #expect(result.end == .exited(status: 0), "\(result.errors)")
      #expect(result.output == "\(numbers.reduce(0, +))\n")
    }
  }

  @Test("Takes ten megabytes of input", arguments: sandboxes)
  func largeInput(sandbox: Sandbox) async throws {
    let program = try await sandbox.prepare("import sys\nprint(len(sys.stdin.read()))", language: .python)
    let input = String(repeating: "0123456789", count: 1_000_000)
    let result = try await sandbox.run(program, input: input, limits: HostileProgram.limits())
    #expect(result.output == "10000000\n", "\(result)")
  }

  @Test("Need not read its input, which counts for nothing of the scratch folder", arguments: sandboxes)
  func unreadInput(sandbox: Sandbox) async throws {
    let program = try await sandbox.prepare(
      "import time\ntime.sleep(0.5)\nprint('done')", language: .python)
    let input = String(repeating: "0123456789", count: 1_000_000)
    let result = try await sandbox.run(program, input: input, limits: HostileProgram.limits())
    #expect(result.output == "done\n")
    #expect(result.end == .exited(status: 0))
  }

  @Test("May write just as much as it is allowed, and not a byte more", arguments: sandboxes)
  func outputLimit(sandbox: Sandbox) async throws {
    let program = try await sandbox.prepare("import sys\nsys.stdout.write('x' * int(input()))", language: .python)
    let limits = HostileProgram.limits(outputBytes: 200_000)
    let within = try await sandbox.run(program, input: "200000", limits: limits)
    #expect(within.end == .exited(status: 0))
    #expect(within.outputBytes.count == 200_000)
    let beyond = try await sandbox.run(program, input: "200001", limits: limits)
    #expect(beyond.end == .stopped(.output))
    #expect(beyond.outputBytes.count == 200_000)
  }

  @Test("May start processes and write files within its limits", arguments: sandboxes)
  func withinLimits(sandbox: Sandbox) async throws {
    let text = """
      import subprocess
      open('note', 'w').write('one\\ntwo\\n')
      print(subprocess.run(['wc', '-l', 'note'], capture_output=True, text=True).stdout.split()[0])
      """
    let program = try await sandbox.prepare(text, language: .python)
    let result = try await sandbox.run(program, input: "", limits: HostileProgram.limits())
    #expect(result.output == "2\n", "\(result.errors)")
  }

  @Test("May do what programs do that mean well", arguments: sandboxes)
  func meaningWell(sandbox: Sandbox) async throws {
    let text = """
      import asyncio, mmap, os, queue, shutil, signal, subprocess, tempfile, threading, time
      async def later(word):
          await asyncio.sleep(0.01)
          return word
      print(asyncio.run(later('asyncio')))
      print(mmap.mmap(0, 0, access=mmap.ACCESS_READ)[:6].decode())
      with tempfile.TemporaryFile() as file:
          file.write(bytes(100000))
          file.seek(0)
          print(len(file.read()))
      open('one', 'wb').write(bytes(900000))
      for number in range(40): os.link('one', str(number))
      open('two', 'w').write('copied')
      print(open(shutil.copyfile('two', 'three')).read())
      time.sleep(0.3)
      done = queue.Queue()
      threading.Thread(target=done.put, args=('thread',)).start()
      print(done.get())
      signal.signal(signal.SIGUSR1, lambda *_: print('signal', flush=True))
      os.kill(os.getpid(), signal.SIGUSR1)
      print(subprocess.run(['sh', '-c', 'sleep 0.01; echo child'], capture_output=True, text=True).stdout, end='')
      """
    let program = try await sandbox.prepare(text, language: .python)
    let result = try await sandbox.run(program, input: "mapped input", limits: HostileProgram.limits())
    #expect(result.output == "asyncio\nmapped\n100000\ncopied\nthread\nsignal\nchild\n", "\(result)")
  }

  @Test(
    "May share its memory with a child, which does not count twice", .enabled(if: hasC, "no C compiler is installed"),
    arguments: sandboxes)
  func sharedMemory(sandbox: Sandbox) async throws {
    let text = """
      #include <stdio.h>
      #include <stdlib.h>
      #include <string.h>
      #include <unistd.h>
      int main(void) {
        memset(malloc(80 << 20), 1, 80 << 20);
        if (vfork() == 0) { usleep(300000); _exit(0); }
        printf("done\\n");
      }
      """
    let program = try await sandbox.prepare(text, language: .c)
    let result = try await sandbox.run(program, input: "", limits: HostileProgram.limits())
    #expect(result.output == "done\n", "\(result)")
  }

  @Test("May be larger than a file that it writes", .enabled(if: hasC), arguments: sandboxes)
  func largeProgram(sandbox: Sandbox) async throws {
    let program = try await sandbox.prepare(
      "#include <stdio.h>\nint t[5000000] = {7};\nint main(void) { printf(\"%d\\n\", t[0]); }", language: .c)
    let result = try await sandbox.run(program, input: "", limits: HostileProgram.limits(memoryBytes: 256 << 20))
    #expect(result.output == "7\n", "\(result)")
  }

  @Test("Gives the same output in every run", arguments: sandboxes)
  func deterministic(sandbox: Sandbox) async throws {
    let program = try await sandbox.prepare("print({str(n) for n in range(50)}, hash('x'))", language: .python)
    let first = try await sandbox.run(program, input: "", limits: HostileProgram.limits())
    let second = try await sandbox.run(program, input: "", limits: HostileProgram.limits())
    #expect(first.outputBytes == second.outputBytes && !first.outputBytes.isEmpty)
  }

  @Test("Runs beside others", arguments: sandboxes)
  func concurrent(sandbox: Sandbox) async throws {
    let program = try await sandbox.prepare("print(int(input()) * 2)", language: .python)
    let outputs = try await withThrowingTaskGroup(of: (Int, String).self) { group in
      for number in 0..<8 {
        group.addTask {
          (number, try await sandbox.run(program, input: "\(number)\n", limits: HostileProgram.limits()).output)
        }
      }
      return try await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
    }
    #expect(outputs == Dictionary(uniqueKeysWithValues: (0..<8).map { ($0, "\($0 * 2)\n") }))
  }

  @Test("Tells its processor time and memory", arguments: sandboxes)
  func costs(sandbox: Sandbox) async throws {
    let text = "import time\nheld = bytearray(b'x' * (50 << 20))\nwhile time.process_time() < 0.3: pass"
    let program = try await sandbox.prepare(text, language: .python)
    let result = try await sandbox.run(program, input: "", limits: HostileProgram.limits())
    #expect((0.25...10).contains(result.cpuSeconds))
    #expect(result.peakMemoryBytes > 50 << 20)
  }

  @Test("Is ended with its children when its task is cancelled", arguments: sandboxes)
  func cancellation(sandbox: Sandbox) async throws {
    let mark = "32\(Int.random(in: 100_000...999_999)).5"
    let text = "import os\nif os.fork() == 0: os.execv('/bin/sleep', ['sleep', '\(mark)'])\nos.wait()"
    let program = try await sandbox.prepare(text, language: .python)
    let task = Task { try await sandbox.run(program, input: "", limits: HostileProgram.limits(wallSeconds: 600)) }
    while processes(holding: mark).isEmpty { try await Task.sleep(for: .milliseconds(20)) }
    task.cancel()
    await #expect(throws: SandboxError.cancelled) { try await task.value }
    try await waitUntil { processes(holding: mark).isEmpty }
    #expect(processes(holding: mark).isEmpty)
  }

  @Test("Leaves no folder behind", .enabled(if: Sandboxes.haveLandlock))
  func noFolderLeft() async throws {
    // The last folder counts as too much, where this process may not read it: what it wrote is to be read by then.
    let text = """
      import os, time
      print(os.getcwd(), flush=True)
      os.makedirs('a/b')
      open('a/b/c', 'w').write('x')
      time.sleep(0.5)
      os.mkdir('d', 0)
      """
    let program = try await Sandboxes.landlock.prepare(text, language: .python)
    let result = try await Sandboxes.landlock.run(program, input: "", limits: HostileProgram.limits())
    let folder = result.output.split(separator: "\n").first.map(String.init) ?? ""
    #expect(folder.hasSuffix("/scratch"))
    #expect(!FileManager.default.fileExists(atPath: URL(fileURLWithPath: folder).deletingLastPathComponent().path))
  }
}

@Suite("A program that does not compile")
struct CompilationTests {
  @Test("Is reported with the compiler's first words", .enabled(if: hasC, "no C compiler"), arguments: sandboxes)
  func c(sandbox: Sandbox) async throws {
    let program = try await sandbox.prepare("int main(void) { return undeclared; }", language: .c)
    let message = try #require(program.compileError)
    #expect(message.contains("undeclared") && message.contains("main.c:1"))
    #expect(!message.contains("/main.c"))
    await #expect(throws: SandboxError.notCompiled) { try await sandbox.run(program, input: "") }
  }

  @Test("In Swift too", .enabled(if: hasSwift, "swiftc is not installed"))
  func swift() async throws {
    let program = try await Sandboxes.namespaces.prepare("let number: Int = \"one\"\n", language: .swift)
    #expect(try #require(program.compileError).contains("cannot convert value of type 'String'"))
  }

  @Test("Has that verdict on every example")
  func judged() async throws {
    let verdicts = try await judgements(
      of: "print('open", on: [CodeExample(input: "", output: ""), CodeExample(input: "1", output: "1")])
    #expect(verdicts.map(\.kind.rawValue) == ["compile_error", "compile_error"])
    #expect(verdicts[0].detail.contains("SyntaxError"))
  }

  @Test("Has its messages read in one pass, however long their paths", .timeLimit(.minutes(1)))
  func longPaths() {
    let line = String(repeating: "/", count: 1 << 20)
    #expect(withoutFolders(line[...], before: "main.c") == line)
    #expect(withoutFolders("in \(line)main.c:1: \(line)main.c"[...], before: "main.c") == "in main.c:1: main.c")
  }

  @Test("Cannot read a file into its messages", .enabled(if: hasC, "no C compiler"), arguments: sandboxes.prefix(3))
  func include(sandbox: Sandbox) async throws {
    guard sandbox.containment != .none else { return }
    let program = try await sandbox.prepare("#include \"/etc/passwd\"\nint main(void) {}", language: .c)
    let message = try #require(program.compileError)
    #expect(message.contains("No such file") || message.contains("Permission denied"), "\(message)")
  }
}

@Suite("A judge")
struct JudgeTests {
  @Test("Says of each example how the program did, in turn")
  func verdicts() async throws {
    let program = """
      word = input()
      if word == 'fail': raise ValueError('no such word')
      print(word)
      """
    let verdicts = try await judgements(
      of: program,
      on: [
        CodeExample(input: "a\n", output: "a"), CodeExample(input: "b\n", output: "c\n"),
        CodeExample(input: "fail\n", output: ""),
      ])
    #expect(verdicts.map(\.kind.rawValue) == ["accepted", "wrong_answer", "runtime_error"])
    #expect(verdicts[1].detail == "- c\n+ b")
    #expect(verdicts[2].detail.hasSuffix("ValueError: no such word\nexit status 1"))
  }
}

@Suite("What a program says last")
struct LastLinesTests {
  @Test("Is cut by what it holds, not by letters, which may have any number of accents")
  func accents() async throws {
    let verdicts = try await judgements(
      of: "import sys\nsys.exit('e' + '\\u0301' * 10000)", on: [CodeExample(input: "", output: "")])
    #expect(verdicts[0].kind == .runtimeError)
    #expect(verdicts[0].detail.utf8.count < 4000)
  }
}

/// Has a Python program judged on each example.
private func judgements(of text: String, on examples: [CodeExample]) async throws -> [ExampleVerdict] {
  let judge = Judge(Sandbox.probe())
  let program = try await judge.sandbox.prepare(text, language: .python)
  var verdicts: [ExampleVerdict] = []
  for example in examples {
    verdicts.append(try await judge.verdict(of: program, on: example, limits: HostileProgram.limits()))
  }
  return verdicts
}

@Suite("Containment")
struct ContainmentDescriptionTests {
  @Test("Without namespaces says what it leaves open", .enabled(if: Sandboxes.haveLandlock))
  func lacking() {
    #expect(Sandboxes.landlock.containment.isWeak)
    #expect("\(Sandboxes.landlock.containment)".contains("only watched"))
  }

  @Test("Says of each limit whether the kernel keeps it or a look does")
  func limits() throws {
    if Sandboxes.haveNamespaces {
      let keeping = try #require(Sandboxes.namespaces.limitKeeping)
      #expect(keeping.hard.contains("processes") && keeping.hard.contains("scratch folder"))
    }
    if Sandboxes.haveLandlock {
      let keeping = try #require(Sandboxes.landlock.limitKeeping)
      #expect(keeping.hard.contains("processes") == (geteuid() == 0 || Sandboxes.holdCalls))
      #expect(!keeping.hard.contains("scratch folder") && keeping.hard.contains("system calls"))
    }
    // Nothing is held for a program that is not contained.
    #expect(Sandboxes.unsafe.limitKeeping?.missing.contains("system calls") == true)
    #expect(Sandbox.probe(ways: []).limitKeeping == nil)
  }

  @Test("Whose calls are not held says what that leaves open", .enabled(if: Sandboxes.haveLandlock))
  func notHeld() async throws {
    let sandbox = Sandbox.probe(ways: [.landlock], holdingCalls: false)
    let keeping = try #require(sandbox.limitKeeping)
    #expect(keeping.missing.contains { $0.contains("hands on") })
    #expect(keeping.missing.contains { $0.contains("moved") })
    let program = try await sandbox.prepare("import subprocess\nsubprocess.run(['echo', '1'])", language: .python)
    #expect(try await sandbox.run(program, input: "").output == "1\n")
  }

  @Test("That the user has turned off says so")
  func unsafe() {
    #expect(Sandboxes.unsafe.containment == .none)
    #expect("\(Sandboxes.unsafe.containment)".contains("not sandboxed"))
  }

  @Test("That cannot be had runs nothing and says what to do")
  func unavailable() async throws {
    let sandbox = Sandbox.probe(ways: [])
    let error = await #expect(throws: SandboxError.self) {
      try await sandbox.prepare("print(1)", language: .python)
    }
    #expect(try #require(error).message.contains("--unsafe-run"))
  }

  @Test("A language without its tools says what to install")
  func languageUnavailable() {
    for language in ProgramLanguage.allCases {
      let message = SandboxError.languageUnavailable(language).message
      #expect(message.contains("install") && message.contains(language.title))
    }
  }
}
