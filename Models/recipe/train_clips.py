# SPDX-License-Identifier: Apache-2.0

"""Stage 4: the decoder learns on the vision tower's own tokens.

Tokens are dropped the ways a bounded cache drops them: before the decoder ever
sees them, or only from what questions can look back at.
"""

from __future__ import annotations

import numpy as np
import torch

from .clip_conversations import cut, make_clip, no_video
from .clip_library import GRID, ClipLibrary, all_cells
from .training_run import LESSON_WEIGHT, Drawn, Run, options_of
from .training_loss import loss_of
from .model import Shape
from .tokenizer import Words
from .world import Timeline

#: How often each kind of question is drawn here: the slow ones more often.
WEIGHTS = {
    "time": 0.1, "scene": 0.1, "now": 0.4, "first": 0.5, "last": 0.5, "total": 0.6, "did": 0.6,
    "count": 0.9, "direction": 1.3, "after": 2.5, "before": 2.5, "describe": 1.8,
}


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


def draw_group(
    rng: np.random.Generator, words: Words, library: ClipLibrary, batch: int, batches: int
) -> list[list[Drawn]]:
    """Several batches of clips at once, sorted so that like lengths are together."""
    drawn = []
    for _ in range(batch * batches):
        if rng.random() < 0.03:
            drawn.append((no_video(rng, words), torch.zeros(0, Shape().hidden_size), np.zeros(0, bool)))
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


def main() -> None:
    parser = options_of(__doc__.splitlines()[0], "symbols", "checkpoint of stage 2", lr=1.2e-3, seed=4)
    run = Run("clips", parser.parse_args())
    for rng in run.rounds():
        for group in draw_group(rng, run.words, run.library, run.options.batch, 6):
            clips, batch, vision = run.batch_of(group)
            loss, right, part, named = loss_of(run.decoder, run.lessons, batch, vision, LESSON_WEIGHT)
            run.learn(loss, fall=0.5)
            run.count(batch, clips, right, np.concatenate([part, named]), batch.ids.numel())
        run.end_round(60, f"loss {loss.item():.3f}")


if __name__ == "__main__":
    main()
