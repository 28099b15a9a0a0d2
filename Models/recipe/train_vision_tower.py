# SPDX-License-Identifier: Apache-2.0

"""Stage 1: the vision tower learns to put each pair's attributes into words' place.

Every merged token of a pair, on its own, has to come out as the sum of the
pair's attribute codes (see ``frame_attributes``). Pairs are drawn one by one from
visits at random moments, on random backgrounds.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from .checkpoint import load, save
from .model import Shape, VisionTower, TinyQwen2VL
from .optimizer import Optimizers
from .patches import to_patches
from .schedule import rate
from .frame_drawing import Scenery, draw
from .sprites import THINGS
from .frame_attributes import ATTRIBUTES, NAMES, OFFSETS, code_vectors, describe_pair, encode
from .world import EMPTY, SAMPLE, SCENES, SEEN, TIMES, Story, make_visit

#: How sharply a token's dot product with a code counts as a vote for it.
SHARPNESS = 8.0
#: Weight of each attribute's loss.
WEIGHTS = {"thing": 1.5, "motion": 1.0, "edge": 1.0, "place0": 0.4, "place1": 0.4, "scene": 0.3, "time": 0.3}


def draw_pairs(rng: np.random.Generator, count: int, share: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Frames [2 × count, side, side, 3] and attribute values [count, attributes]."""
    frames, values = [], []
    while len(values) < count:
        story = Story(SCENES[rng.integers(3)], TIMES[rng.integers(3)])
        scenery = Scenery(rng, story)
        for _ in range(share):
            visit = make_visit(rng, THINGS[rng.integers(len(THINGS))], 0.0)
            story.visits = [visit]
            moment = pick_moment(rng, visit)
            shares = [visit.visible(moment), visit.visible(moment + SAMPLE)]
            seen = max(shares) >= SEEN
            if not seen and max(shares) > EMPTY:
                continue
            frames += [draw(story, scenery, moment + step, rng) for step in (0, SAMPLE)]
            values.append(describe_pair(story, visit if seen else None, moment))
    return np.stack(frames[: 2 * count]), np.stack(values[:count])


def pick_moment(rng: np.random.Generator, visit) -> float:
    """A moment of a visit; coming in and going out are drawn more often."""
    length = float(visit.times[-1])
    chance = rng.random()
    if chance < 0.25:
        return float(rng.uniform(-0.6, 1.0))
    if chance < 0.5:
        return length - float(rng.uniform(0.2, 1.8))
    return float(rng.uniform(-0.6, length + 0.1))


def loss_and_hits(tokens: torch.Tensor, values: torch.Tensor, codes: torch.Tensor) -> tuple[torch.Tensor, np.ndarray]:
    """Loss of tokens [pairs, tokens, hidden_size]; share of tokens right by attribute."""
    target = encode(values, codes)[:, None].expand_as(tokens)
    loss = 4 * F.mse_loss(tokens, target, reduction="none").sum(-1).mean()
    votes = SHARPNESS * tokens @ codes.T
    hits = []
    for index, name in enumerate(NAMES):
        part = votes[..., OFFSETS[name] : OFFSETS[name] + ATTRIBUTES[name]]
        truth = values[:, index, None].expand(part.shape[:2])
        loss = loss + WEIGHTS[name] * F.cross_entropy(part.flatten(0, 1), truth.flatten())
        hits.append((part.argmax(-1) == truth).float().mean().item())
    return loss, np.array(hits)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="checkpoint, also read to go on")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    tower: VisionTower = TinyQwen2VL(Shape(), options.seed).visual
    codes = code_vectors(Shape().hidden_size)
    optimizers = Optimizers({"visual": tower}, options.lr)
    step = load(options.out, {"visual": tower}, optimizers)["step"]
    test_frames, test_values = draw_pairs(np.random.default_rng(999), 512)
    test_patches, test_values = to_patches(test_frames), torch.from_numpy(test_values)

    began = saved = time.time()
    sums = []
    while step < options.steps:
        rng = np.random.default_rng((options.seed, step))
        frames, values = draw_pairs(rng, options.batch)
        tokens = tower(to_patches(frames))
        loss, hits = loss_and_hits(tokens, torch.from_numpy(values), codes)
        optimizers.step(loss, rate(step, options.steps, options.lr))
        step += 1
        sums.append(np.concatenate([[loss.item()], hits]))
        if step % 50 == 0:
            mean = np.mean(sums[-50:], 0)
            marks = " ".join(f"{name} {value:.3f}" for name, value in zip(NAMES, mean[1:]))
            print(f"vision {step} {time.time() - began:.0f}s loss {mean[0]:.3f} {marks}", flush=True)
        if time.time() - saved > 90 or step == options.steps:
            saved = time.time()
            with torch.no_grad():
                _, hits = loss_and_hits(tower(test_patches), test_values, codes)
            marks = " ".join(f"{name} {value:.4f}" for name, value in zip(NAMES, hits))
            print(f"unseen pairs at step {step}: {marks}", flush=True)
            save(options.out, {"visual": tower}, optimizers, step=step)


if __name__ == "__main__":
    main()
