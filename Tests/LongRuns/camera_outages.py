#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A camera that dies and comes back, over RTSP, HTTP, HLS, SRT and TCP at once.

For each protocol a camera sends the sample clip over and over and one `edgeassist --batch` watches it, with questions
in the middle of each period with and without a signal. The camera is killed for each of the outages in turn; in the
second one it is only stopped, so that the connection stays open and nothing comes. Shown by the table at the end:

- each question of a period with a signal is answered after frames of that period were seen,
- each outage is told in a warning of its record or of the next one,
- resident memory is as large in the last period as in the first (MiB, highest of each period).

Needs the `ffmpeg` program (with libsrt) and 2 h 15 min; with `--outages 5,20,60 --up 30` three minutes. Exit status 1
where a protocol does not hold. Everything is written into the folder OUT, so that a run that was cut off can be read.

    python Tests/LongRuns/camera_outages.py .build/release/edgeassist OUT
"""

import argparse
import functools
import http.server
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time

import rtsp_camera

SAMPLE = pathlib.Path(__file__).resolve().parents[2] / "Assets" / "sample.mp4"
PORTS = {"rtsp": 18554, "http": 18080, "hls": 18081, "srt": 18890, "tcp": 18900}
WATCHED = {
    "rtsp": "rtsp://127.0.0.1:{}/live",
    "http": "http://127.0.0.1:{}/live.ts",
    "hls": "http://127.0.0.1:{}/live.m3u8",
    "srt": "srt://127.0.0.1:{}",
    "tcp": "tcp://127.0.0.1:{}",
}


class QuietFiles(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Camera:
    """Sends the sample clip over one protocol. `start`, `kill` and `freeze` may be called in any order."""

    def __init__(self, protocol, folder):
        self.protocol, self.port, self.folder = protocol, PORTS[protocol], folder / f"{protocol}-segments"
        self.is_on = False
        self.is_frozen = False
        self.process = None
        self.server = None
        threading.Thread(target=self._keep_sending, daemon=True).start()

    def _command(self):
        encoded = "-c:v libx264 -preset ultrafast -tune zerolatency -g 10 -r 5 -an".split()
        to = {
            "rtsp": ["-f", "rtp", f"rtp://127.0.0.1:{self.port + 100}?pkt_size=1200"],
            "http": ["-f", "mpegts", "-listen", "1", f"http://127.0.0.1:{self.port}/live.ts"],
            "hls": f"-f hls -hls_time 2 -hls_list_size 4 -hls_flags delete_segments {self.folder}/live.m3u8".split(),
            "srt": ["-f", "mpegts", f"srt://127.0.0.1:{self.port}?mode=listener"],
            "tcp": ["-f", "mpegts", f"tcp://127.0.0.1:{self.port}?listen=1"],
        }[self.protocol]
        return ["ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", str(SAMPLE), *encoded, *to]

    def _keep_sending(self):
        # A listening ffmpeg serves one client and ends with it: the next one is for whoever comes again.
        while True:
            time.sleep(0.1)
            if self.is_on and (self.process is None or self.process.poll() is not None):
                self.process = subprocess.Popen(
                    self._command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def start(self):
        if self.is_frozen:
            self.process.send_signal(signal.SIGCONT)
            self.is_frozen = False
            return
        if self.protocol == "hls":
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
            files = functools.partial(QuietFiles, directory=str(self.folder))
            self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), files)
            threading.Thread(target=self.server.serve_forever, daemon=True).start()
        if self.protocol == "rtsp":
            self.server = rtsp_camera.Server(self.port, self.port + 100)
        self.is_on = True

    def kill(self):
        self.is_on = False
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None
        if self.process:
            self.process.kill()
            self.process.wait()
        self.process = None

    def freeze(self):
        self.is_frozen = True
        self.process.send_signal(signal.SIGSTOP)


class Watcher:
    """One run of the batch over one camera, and its resident memory by the second."""

    def __init__(self, program, protocol, questions, folder):
        self.output = folder / f"{protocol}.jsonl"
        self.output.unlink(missing_ok=True)
        turns = [{"at": at, "ask": "What is in view?"} for at in questions]
        request = {"id": protocol, "video": WATCHED[protocol].format(PORTS[protocol]), "turns": turns}
        requests = folder / f"{protocol}-requests.jsonl"
        requests.write_text(json.dumps(request) + "\n")
        arguments = ["--batch", requests, "--output", self.output, "--kv-budget", "512", "--threads", "1"]
        self.log = open(folder / f"{protocol}.log", "w")
        self.process = subprocess.Popen([program, *map(str, arguments)], stderr=self.log)
        self.memory = []

    def sample_memory(self, period):
        try:
            status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
            resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
            self.memory.append((period, resident / 1024))
        except (OSError, StopIteration):
            pass

    def peak(self, period):
        return max((value for at, value in self.memory if at == period), default=float("nan"))

    def records(self):
        return [json.loads(line) for line in self.output.read_text().splitlines()] if self.output.exists() else []


def periods_of(outages, up):
    """(has a signal, seconds) of each period: a signal, an outage, a signal, ... a signal."""
    periods = [(True, up)]
    for outage in outages:
        periods += [(False, outage), (True, up)]
    return periods


def report(watchers, periods, folder):
    """Prints a table, a row for each protocol. Whether all of them held."""
    holds = True
    summary = {}
    for protocol, watcher in watchers.items():
        records = watcher.records()
        answered = [record for record in records if record["status"] == "ok"]
        warnings = [record["warning"] for record in records if record.get("warning")]
        seen = [record["frames"]["seen"] for record in answered]
        peaks = [round(watcher.peak(index), 1) for index in range(len(periods))]
        summary[protocol] = {"answers": len(answered), "seen": seen, "warnings": warnings, "resident_mib": peaks}
        # The questions of even periods have a signal: more frames must have been seen than at the one before.
        sees_again = len(answered) == len(periods) and all(
            seen[index] > seen[index - 1] for index in range(2, len(periods), 2))
        # A record for each period, so that an outage is told in its own record or in the next one.
        warned = [bool(record.get("warning")) for record in records] + [False] * len(periods)
        outages = [index for index, (has_signal, _) in enumerate(periods) if not has_signal]
        told = sum(warned[index] or warned[index + 1] for index in outages)
        is_flat = peaks[-1] < peaks[0] * 1.1 + 4
        held = sees_again and told == len(outages) and is_flat
        holds = holds and held
        print(f"{protocol:5} answers {len(answered)} of {len(periods)}, seen {seen}, "
              f"outages told {told} of {len(outages)}, "
              f"MiB {peaks}: {'holds' if held else 'DOES NOT HOLD'}")
    (folder / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")
    return holds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--outages", default="5,120,7200", help="seconds of each, with commas")
    parser.add_argument("--up", type=float, default=120, help="seconds with a signal before, between and after them")
    parser.add_argument("--protocols", default=",".join(PORTS))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    periods = periods_of([float(outage) for outage in options.outages.split(",")], options.up)
    starts = [sum(seconds for _, seconds in periods[:index]) for index in range(len(periods))]
    # In the last third of a period, so that a camera which is back had time to be tried again.
    questions = [round(start + seconds * 0.75, 1) for start, (_, seconds) in zip(starts, periods)]
    protocols = options.protocols.split(",")
    cameras = {protocol: Camera(protocol, options.out) for protocol in protocols}
    for camera in cameras.values():
        camera.start()
    time.sleep(8)
    watchers = {protocol: Watcher(options.program, protocol, questions, options.out) for protocol in protocols}
    try:
        begun = time.monotonic()
        for index, (has_signal, seconds) in enumerate(periods):
            for camera in cameras.values():
                if index > 0:
                    camera.start() if has_signal else camera.freeze() if index == 3 else camera.kill()
            print(f"{time.strftime('%H:%M:%S')} {'signal' if has_signal else 'outage'} for {seconds:g} s", flush=True)
            while time.monotonic() < begun + starts[index] + seconds:
                time.sleep(1)
                for protocol, watcher in watchers.items():
                    watcher.sample_memory(index)
                    if index < len(periods) - 1 and watcher.process.poll() is not None:
                        sys.exit(f"{protocol}: the program has ended; see {watcher.log.name}")
        held = report(watchers, periods, options.out)
    finally:
        for camera in cameras.values():
            camera.kill()
        for watcher in watchers.values():
            watcher.process.terminate()
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
