// SPDX-License-Identifier: Apache-2.0

import Sandboxing

extension HostileProgram {
  /// Ends, or does not end, in an unusual manner.
  static let endingUnusually: [HostileProgram] = [
    HostileProgram(
      name: "leaves a child that holds its output",
      program: """
        import os, time
        if os.fork() == 0:
            time.sleep(1000)
        print('done')
        """,
      verdicts: ["accepted"]),
    HostileProgram(
      name: "closes its output and goes on",
      program: "import os, time\nos.close(1)\nos.close(2)\ntime.sleep(1000)", verdicts: ["time_limit"],
      limits: limits(wallSeconds: 0.6)),
    HostileProgram(
      name: "closes its output and ends", program: "import os\nos.close(1)", expected: "", verdicts: ["accepted"]),
    HostileProgram(
      name: "writes what is no text",
      program: "import sys\nsys.stdout.buffer.write(b'\\xff\\xfe\\x00done\\n')", verdicts: ["wrong_answer"],
      says: ["\u{FFFD}"]),
    HostileProgram(
      name: "ignores every signal",
      program: """
        import signal, time
        for number in range(1, 32):
            if number not in (signal.SIGKILL, signal.SIGSTOP):
                try: signal.signal(number, signal.SIG_IGN)
                except OSError: pass
        while True: time.sleep(1)
        """,
      verdicts: ["time_limit"], limits: limits(wallSeconds: 0.8)),
    HostileProgram(
      name: "kills itself", program: "import os\nos.kill(os.getpid(), 9)", verdicts: ["runtime_error"],
      says: ["SIGKILL"]),
    HostileProgram(
      name: "fails on purpose", program: "import sys\nprint('so it is', file=sys.stderr)\nsys.exit(3)",
      verdicts: ["runtime_error"], says: ["so it is\nexit status 3"]),
  ]
}
