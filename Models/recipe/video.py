# SPDX-License-Identifier: Apache-2.0

"""Real video files of stories, and frames back out of them, through ffmpeg."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np

from .frame_drawing import SIDE, Scenery, draw
from .world import Story

#: Side and rate of the written files.
FILE_SIDE = 448
FILE_RATE = 10


def write_video(path: Path, story: Story, seconds: float, rng: np.random.Generator, quality: int = 23) -> None:
    """Draw a story with smooth motion and encode it as H.264."""
    scenery = Scenery(rng, story, FILE_SIDE)
    scenery.noise *= 0.5
    command = [
        "ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24",
        "-s", f"{FILE_SIDE}x{FILE_SIDE}", "-r", str(FILE_RATE), "-i", "-",
        "-c:v", "libx264", "-preset", "medium", "-crf", str(quality), "-pix_fmt", "yuv420p",
        "-g", str(2 * FILE_RATE), "-threads", "1", "-fflags", "+bitexact", "-flags:v", "+bitexact",
        "-movflags", "+faststart", str(path),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as encoder:
        for index in range(round(seconds * FILE_RATE)):
            encoder.stdin.write(draw(story, scenery, index / FILE_RATE, rng).tobytes())
        encoder.stdin.close()
        if encoder.wait() != 0:
            raise RuntimeError(f"ffmpeg could not write {path}")


def read_frames(path: Path, rate: float = 2.0, side: int = SIDE) -> np.ndarray:
    """Frames sampled at ``rate`` and scaled to ``side``; an odd last one is left out.

    The first frame is taken, then each first one that is due again. (The
    filter ``fps`` would take frames up to half a step too late.)
    """
    due = f"isnan(prev_selected_t)+gte(t-prev_selected_t,{1 / rate - 0.001})"
    command = [
        "ffmpeg", "-v", "error", "-i", str(path),
        "-vf", f"select='{due}',scale={side}:{side}:flags=bicubic", "-fps_mode", "passthrough",
        "-f", "rawvideo", "-pix_fmt", "rgb24", "-",
    ]
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    frames = np.frombuffer(bytearray(raw), np.uint8).reshape(-1, side, side, 3)
    return frames[: len(frames) // 2 * 2]
