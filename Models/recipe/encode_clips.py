# SPDX-License-Identifier: Apache-2.0

"""Stage 3: clips are drawn and passed through the finished vision tower once.

The decoder then learns from the stored tokens. A shard holds, for every clip,
the seed that makes its story again and its tokens in half precision.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from .checkpoint import load
from .model import Shape, TinyQwen2VL, VisionTower
from .patches import to_patches
from .frame_drawing import Scenery, draw
from .world import SAMPLE, Timeline, make_story, sample_story

#: Numbers of visits in a clip and how often each is drawn.
VISITS = np.arange(11)
SHARES = np.array([5, 13, 14, 18, 22, 6, 6, 4, 6, 3, 3], float)


def timeline_of(
    seed: int, visits: int | None = None, gaps: tuple[float, float] | None = None
) -> tuple[Timeline, np.random.Generator]:
    """The story and sampling of a clip, and the generator to draw it with."""
    rng = np.random.default_rng((77, seed))
    if visits is None:
        visits = int(rng.choice(VISITS, p=SHARES / SHARES.sum()))
    if gaps is None:
        gaps = (1.6, 3.2) if rng.random() < 0.75 else (1.6, 9.0)
    story = make_story(rng, visits, gaps)
    return sample_story(story, float(rng.uniform(0, 1))), rng


def frames_of(timeline: Timeline, rng: np.random.Generator) -> np.ndarray:
    """All sampled frames of a clip."""
    scenery = Scenery(rng, timeline.story)
    return np.stack(
        [
            draw(timeline.story, scenery, start + step, rng)
            for start in timeline.starts
            for step in (0, SAMPLE)
        ]
    )


@torch.no_grad()
def tokens_of(tower: VisionTower, frames: np.ndarray) -> torch.Tensor:
    """Vision tokens of a clip [pairs, tokens, hidden_size] in half precision."""
    parts = [tower(to_patches(frames[i : i + 64])) for i in range(0, len(frames), 64)]
    return torch.cat(parts).half()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vision", type=Path, required=True, help="checkpoint of stage 1")
    parser.add_argument("--out", type=Path, required=True, help="folder for the shards")
    parser.add_argument("--clips", type=int, default=1200)
    parser.add_argument("--shard", type=int, default=50)
    parser.add_argument("--first", type=int, default=0, help="seed of the first clip")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    tower = TinyQwen2VL(Shape()).visual.eval()
    load(options.vision, {"visual": tower})
    options.out.mkdir(parents=True, exist_ok=True)
    for first in range(options.first, options.first + options.clips, options.shard):
        path = options.out / f"clips-{first:06d}.pt"
        if path.exists():
            continue
        clips = []
        for seed in range(first, first + options.shard):
            timeline, rng = timeline_of(seed)
            clips.append((seed, tokens_of(tower, frames_of(timeline, rng))))
        draft = path.with_suffix(".draft")
        torch.save(clips, draft)
        draft.rename(path)
        print(f"features {path.name}", flush=True)


if __name__ == "__main__":
    main()
