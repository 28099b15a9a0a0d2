# SPDX-License-Identifier: Apache-2.0

"""Runs programs that a model wrote, in a worker of few powers, and says what they print."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

#: What the worker does: a program and its input a line in, what it printed or its error a line out.
WORKER = """
import json, resource, signal, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))
NAMES = ("abs all any bin dict enumerate filter float format int len list map max min ord chr range reversed round set "
         "sorted str sum tuple zip").split()
POWERS = {name: __builtins__.__dict__[name] for name in NAMES}
class Late(Exception): pass
def late(*_): raise Late
signal.signal(signal.SIGALRM, late)
for line in sys.stdin:
    job = json.loads(line)
    out, lines = [], iter(job["input"].split("\\n"))
    def show(*values, sep=" ", end="\\n"): out.append(sep.join(map(str, values)) + end)
    try:
        signal.setitimer(signal.ITIMER_REAL, 1)
        exec(compile(job["program"], "program", "exec"), {"__builtins__": dict(POWERS, input=lambda: next(lines),
        print=show)}) answer = {"output": "".join(out)[:2000]}
    except Late:
        answer = {"late": True}
    except BaseException as error:
        answer = {"error": (type(error).__name__ + ": " + str(error))[:200]}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    print(json.dumps(answer), flush=True)
"""


@dataclass(frozen=True)
class Run:
    """What a program printed; or its error, which is empty if it ran too long."""

    output: str | None
    error: str | None = None

    def prints(self, right: str) -> bool:
        return self.output is not None and bare(self.output) == bare(right)


def bare(text: str) -> list[str]:
    """Lines without the white space that judges ignore."""
    return [line.rstrip() for line in text.rstrip().split("\n")]


class Worker:
    def __init__(self):
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            stderr=subprocess.DEVNULL,
        )

    def run(self, program: str, given: str) -> Run:
        try:
            self.process.stdin.write(json.dumps({"program": program, "input": given}) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self.start()
            return Run(None, "MemoryError")
        answer = json.loads(line)
        if "output" in answer:
            return Run(answer["output"])
        return Run(None, "" if "late" in answer else answer["error"])
