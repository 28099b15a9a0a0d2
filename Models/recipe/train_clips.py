# SPDX-License-Identifier: Apache-2.0

"""Stage 4: the decoder learns on the vision tower's own tokens.

Tokens are dropped the ways a bounded cache drops them: before the decoder ever
sees them, or only from what questions can look back at.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from .batches import Batch, Clip, collate, cut, make_clip, no_video
from .checkpoint import load, save
from .features import timeline_of
from .lesson import LessonHeads, Score, loss_of
from .memory import LESSONS
from .model import Shape, TinyQwen2VL
from .questions import ABOUT
from .optimizer import Optimizers
from .schedule import rate
from .words import Words
from .world import Timeline

GRID = 4

#: How often each kind of question is drawn here: the slow ones more often.
WEIGHTS = {
    "time": 0.1, "scene": 0.1, "now": 0.4, "first": 0.5, "last": 0.5, "total": 0.6, "did": 0.6,
    "count": 0.9, "direction": 1.3, "after": 2.5, "before": 2.5, "describe": 1.8,
}

#: The lessons have done their work by now; answers are what counts.
LESSON_WEIGHT = 0.1


def all_cells(pairs: int) -> np.ndarray:
    """Pair, row and column of every token of the first ``pairs`` pairs."""
    pair, cell = np.divmod(np.arange(pairs * GRID * GRID), GRID * GRID)
    return np.stack([pair, cell // GRID, cell % GRID], 1)


def thin_out(rng: np.random.Generator, timeline: Timeline, pairs: int) -> tuple[np.ndarray, np.ndarray]:
    """Which tokens enter the decoder, and which of those questions can see."""
    cells = all_cells(pairs)
    pair = cells[:, 0]
    chance = rng.random()
    if chance < 0.2 and pairs <= 40:
        enter = np.ones(len(cells), bool)
    else:
        # Idle moments go first, then single tokens anywhere but the newest.
        idle = timeline.visit[pair] < 0
        kept = np.where(idle, rng.uniform(0.05, 0.8), rng.uniform(0.15, 0.9))
        if rng.random() < 0.3:
            whole = rng.random(pairs) < np.where(timeline.visit[:pairs] < 0, rng.uniform(0.2, 1), 1.0)
            kept = kept * whole[pair]
        enter = rng.random(len(cells)) < kept
        enter |= pair >= pairs - int(rng.integers(1, 4))
    cells = cells[enter]
    seen = np.ones(len(cells), bool)
    if rng.random() < 0.35:
        seen = rng.random(len(cells)) < rng.uniform(0.06, 0.8)
        seen |= cells[:, 0] >= pairs - 1
    return cells, seen


class Library:
    """Stored clips; more may appear while training runs."""

    def __init__(self, folder: Path):
        self.folder, self.names = folder, set()
        self.clips: list[tuple[int, torch.Tensor]] = []
        self.timelines: dict[int, Timeline] = {}

    def refresh(self) -> None:
        for path in sorted(self.folder.glob("clips-*.pt")):
            if path.name not in self.names:
                self.names.add(path.name)
                self.clips += torch.load(path)

    def pick(self, rng: np.random.Generator) -> tuple[Timeline, torch.Tensor]:
        """A stored clip; long ones, which cost the most, are passed over at times."""
        while True:
            seed, tokens = self.clips[rng.integers(len(self.clips))]
            if len(tokens) <= 45 or rng.random() < 0.3:
                break
        if seed not in self.timelines:
            self.timelines[seed] = timeline_of(seed)[0]
        return self.timelines[seed], tokens


def draw_group(
    rng: np.random.Generator, words: Words, library: Library, batch: int, batches: int
) -> list[list[tuple[Clip, torch.Tensor, np.ndarray]]]:
    """Several batches of clips at once, sorted so that like lengths are together."""
    drawn = []
    for _ in range(batch * batches):
        if rng.random() < 0.03:
            drawn.append((no_video(rng, words), torch.zeros(0, Shape().width), np.zeros(0, bool)))
            continue
        timeline, tokens = library.pick(rng)
        pairs = cut(rng, timeline, 0.25)
        cells, seen = thin_out(rng, timeline, pairs)
        clip = make_clip(rng, words, timeline, pairs, cells, weights=WEIGHTS)
        vision = tokens[cells[:, 0], cells[:, 1] * GRID + cells[:, 2]].float()
        drawn.append((clip, vision, seen))
    drawn.sort(key=lambda item: len(item[0].cells))
    groups = [drawn[i : i + batch] for i in range(0, len(drawn), batch)]
    return [groups[i] for i in rng.permutation(len(groups))]


def hide(words: Words, batch: Batch, seen: list[np.ndarray]) -> None:
    """Take vision tokens out of the sight of questions.

    Marks are [tokens] or, where key heads see different ones, [key heads, tokens].
    """
    head = len(words.opening) + 1
    mask = batch.layout.mask.repeat(1, Shape().key_heads, 1, 1)
    for row, marks in enumerate(seen):
        hidden = torch.from_numpy(~marks).expand(mask.shape[1], -1)
        mask[row, :, 0, head : head + marks.shape[-1]].masked_fill_(hidden, -1e9)
    batch.layout.mask = mask


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", type=Path, required=True, help="tokenizer file")
    parser.add_argument("--symbols", type=Path, required=True, help="checkpoint of stage 2")
    parser.add_argument("--features", type=Path, required=True, help="folder of stage 3")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint, also read to go on")
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--minutes", type=float, help="end, with the rate fallen, after so long at the latest")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--lr", type=float, default=1.2e-3)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    words = Words.read(options.words)
    shape = Shape()
    decoder = TinyQwen2VL(shape).language_model
    modules = {"language_model": decoder, "lessons": LessonHeads(shape.width)}
    optimizers = Optimizers(modules, options.lr)
    load(options.symbols, modules)
    progress = load(options.out, modules, optimizers)
    step, earlier = progress["step"], progress.get("seconds", 0.0)
    library = Library(options.features)

    began = saved = time.time()
    done = step / options.steps
    score, shares, tokens = Score(), np.zeros(len(LESSONS) + len(ABOUT)), 0
    while done < 1:
        library.refresh()
        rng = np.random.default_rng((options.seed, step))
        for group in draw_group(rng, words, library, options.batch, 6):
            clips = [clip for clip, _, _ in group]
            batch = collate(words, clips)
            hide(words, batch, [seen for _, _, seen in group])
            vision = torch.cat([vision for _, vision, _ in group])
            loss, right, part, named = loss_of(decoder, modules["lessons"], batch, vision, LESSON_WEIGHT)
            optimizers.step(loss, rate(int(done * options.steps), options.steps, options.lr, fall=0.5))
            score.add(batch, clips, right)
            shares += np.concatenate([part, named])
            tokens += batch.ids.numel()
            step += 1
            seconds = earlier + time.time() - began
            done = max(done, step / options.steps, seconds / (60 * options.minutes) if options.minutes else 0)
        if step % 60 < 6:
            names = " ".join(f"{name} {value / 60:.3f}" for name, value in zip([*LESSONS, *ABOUT], shares))
            print(f"clips {step} {seconds:.0f}s loss {loss.item():.3f} {tokens / (time.time() - began):.0f}/s of {len(library.clips)}")
            print(f"  lessons {names}\n  {score.report()}", flush=True)
            score, shares = Score(), np.zeros(len(LESSONS) + len(ABOUT))
        if time.time() - saved > 60 or done >= 1:
            saved = time.time()
            save(options.out, modules, optimizers, step=step, seconds=seconds)


if __name__ == "__main__":
    main()
