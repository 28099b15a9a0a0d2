// SPDX-License-Identifier: Apache-2.0

import Sandboxing

extension HostileProgram {
  /// Takes too much of something.
  static let greedy: [HostileProgram] = [
    HostileProgram(
      name: "forks without end", language: .c, program: "#include <unistd.h>\nint main(void) { for (;;) fork(); }",
      verdicts: ["process_limit"], takesFromUser: true),
    HostileProgram(
      name: "starts threads without end",
      program: """
        import threading, time
        while True:
            threading.Thread(target=time.sleep, args=(100,)).start()
        """,
      verdicts: ["process_limit"], takesFromUser: true),
    HostileProgram(
      name: "fills the disk",
      program: """
        import itertools
        for number in itertools.count():
            with open(str(number), 'wb') as file:
                file.write(bytes(500000))
        """,
      verdicts: ["runtime_error"], says: ["No space left on device", "the scratch folder is full"]),
    HostileProgram(
      name: "writes one huge file",
      program: """
        file = open('huge', 'wb')
        while True:
            file.write(bytes(100000))
        """,
      verdicts: ["runtime_error"], says: ["File too large"]),
    HostileProgram(name: "prints for ever", program: "while True: print('again ' * 1000)", verdicts: ["output_limit"]),
    HostileProgram(
      name: "writes errors for ever", program: "import sys\nwhile True: print('again ' * 1000, file=sys.stderr)",
      verdicts: ["output_limit"]),
    HostileProgram(
      name: "sleeps for ever", program: "import time\nwhile True: time.sleep(1)", verdicts: ["time_limit"],
      limits: limits(wallSeconds: 0.6)),
    HostileProgram(
      name: "stops itself", program: "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
      verdicts: ["time_limit"], limits: limits(wallSeconds: 0.6)),
    HostileProgram(
      name: "burns the processor", program: "while True: pass", verdicts: ["time_limit"],
      limits: limits(cpuSeconds: 0.3)),
    HostileProgram(
      name: "lets children burn the processor",
      program: """
        import os
        for _ in range(3):
            if os.fork() == 0:
                while True: pass
        os.wait()
        """,
      verdicts: ["time_limit"], limits: limits(cpuSeconds: 0.4)),
    HostileProgram(
      name: "allocates without end", program: "held = []\nwhile True: held.append(bytearray(1 << 20))",
      verdicts: ["memory_limit"]),
    HostileProgram(
      name: "asks for a terabyte at once", program: "held = bytearray(1 << 40)", verdicts: ["runtime_error"],
      says: ["MemoryError"]),
    HostileProgram(
      name: "allocates in many processes",
      program: """
        import os, time
        for _ in range(6):
            if os.fork() == 0:
                held = os.urandom(40 << 20)
                time.sleep(100)
        os.wait()
        """,
      verdicts: ["memory_limit"]),
    HostileProgram(
      name: "opens files without end", program: "held = []\nwhile True: held.append(open('/dev/null'))",
      verdicts: ["runtime_error"], says: ["Too many open files"]),
    HostileProgram(
      name: "recurses without end", language: .c,
      program: """
        #include <stdio.h>
        static int deeper(int n) { volatile char room[1000]; room[0] = (char)n; return deeper(n + 1) + room[0]; }
        int main(void) { printf("%d\\n", deeper(0)); }
        """,
      verdicts: ["runtime_error"], says: ["SIGSEGV"]),
    HostileProgram(
      name: "raises its own limits",
      program: """
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (1 << 19, 1 << 19))
        """,
      verdicts: ["runtime_error"], says: ["not allowed to raise maximum limit", "Operation not permitted"]),
  ]
}
