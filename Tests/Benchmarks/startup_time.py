#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Shows how long the program takes from its start until it is of use: on the screen until something is drawn, until the
stream's first frame is, and until a question can be typed; in batch until the first result; and for --help.

    Tests/Benchmarks/startup_time.py [--program FILE] [--video FILE] [--runs N] [further flags, such as --model FILE]

Medians in milliseconds with the fastest and the slowest run, and how much of its files the process then had in memory.
The screen runs on a pseudo-terminal. On a busy machine put `chrt -f 1` before it, so that others wait.
"""

import argparse
import fcntl
import os
import pty
import re
import select
import signal
import statistics
import struct
import subprocess
import tempfile
import termios
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIMIT_SECONDS = 120
REQUEST = '{"id":"start","ask":"hello","max_tokens":1}\n'
# What the screen writes first of each. Half blocks draw images and nothing else.
MOMENTS = {
    "screen: something": b"edgeassist",
    "screen: first frame": "▀".encode(),
    "screen: prompt": b"Type a question",
}


def mapped_mebibytes(process):
    """How much of all files that it maps, libraries included, the process has touched."""
    with open(f"/proc/{process}/status") as file:
        return int(re.search(r"RssFile:\s+(\d+)", file.read())[1]) / 1024


def on_screen(command):
    """Milliseconds until each moment, each with the mebibytes touched by then."""
    begin = time.monotonic()
    process, terminal = pty.fork()
    if process == 0:
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", LANG="C.UTF-8")
        os.execv(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    written, found = b"", {}
    try:
        while len(found) < len(MOMENTS) and time.monotonic() - begin < LIMIT_SECONDS:
            if not select.select([terminal], [], [], 0.1)[0]:
                continue
            written += os.read(terminal, 1 << 16)
            now = (time.monotonic() - begin) * 1000
            for name, text in MOMENTS.items():
                if name not in found and text in written:
                    found[name] = (now, mapped_mebibytes(process))
    except OSError:
        raise SystemExit("the program ended: " + written.decode(errors="replace"))
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(terminal)
    return found


def until_output(command):
    """Milliseconds until the first line on standard output."""
    begin = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        now = (time.monotonic() - begin) * 1000
        process.kill()
    return now


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=ROOT + "/.build/release/edgeassist")
    parser.add_argument("--video", default=ROOT + "/Assets/sample.mp4")
    parser.add_argument("--runs", type=int, default=9)
    choice, flags = parser.parse_known_args()
    os.environ.setdefault("EDGEASSIST_HOME", ROOT)

    times, touched = {}, {}
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as requests:
        requests.write(REQUEST)
        requests.flush()
        for _ in range(choice.runs):
            for name, (now, mebibytes) in on_screen([choice.program, "--video", choice.video, *flags]).items():
                times.setdefault(name, []).append(now)
                touched.setdefault(name, []).append(mebibytes)
            batch = [choice.program, "--batch", requests.name, *flags]
            times.setdefault("batch: first result", []).append(until_output(batch))
            times.setdefault("--help", []).append(until_output([choice.program, "--help"]))
    for name, values in times.items():
        line = f"{name:24}{statistics.median(values):7.0f} ms  ({min(values):.0f} to {max(values):.0f})"
        if name in touched:
            line += f"{statistics.median(touched[name]):8.0f} MiB of files touched"
        print(line)


if __name__ == "__main__":
    main()
