"""Exact matches on unseen clips, quickly: drawn, not through video files.

An answer counts when every one of its tokens is the likeliest, which is when
greedy decoding gives exactly it. Each question is asked on its own.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from .batches import Clip, ask_about, collate, converse, cut
from .features import frames_of, timeline_of, tokens_of
from .lesson import Score
from .questions import seen_until
from .to_hf import read_model
from .train_clips import GRID, all_cells
from .words import Words

#: Seeds from here on are for evaluation only.
FIRST_SEED = 900_000


@torch.no_grad()
def evaluate(model, words: Words, visits: list[int], clips: int, questions: int, keep: float) -> Score:
    """Score on ``clips`` clips with the given numbers of visits in turn."""
    score = Score()
    for index in range(clips):
        timeline, rng = timeline_of(FIRST_SEED + index, visits[index % len(visits)])
        pairs = cut(rng, timeline, 0.0)
        tokens = tokens_of(model.visual, frames_of(timeline, rng)[: 2 * pairs]).float()
        asked = ask_about(rng, timeline, pairs, questions, careful=True)
        cells = all_cells(pairs)
        cells = cells[(rng.random(len(cells)) < keep) | (cells[:, 0] >= pairs - 2)]
        empty = np.zeros((pairs, 0), np.int64)
        branches = converse(words, asked, len(asked), 1)
        clip = Clip(cells, empty, empty, branches, len(seen_until(timeline, pairs)))
        batch = collate(words, [clip])
        vision = tokens[cells[:, 0], cells[:, 1] * GRID + cells[:, 2]]
        x = model.language_model.embed_tokens(batch.ids).masked_scatter(batch.video[..., None], vision)
        final, _ = model.language_model(x, batch.positions, batch.layout)
        scores = model.language_model.words(final[torch.roll(batch.learn, -1, 1)])
        score.add(batch, [clip], scores.argmax(-1) == batch.ids[batch.learn])
    return score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", type=Path, required=True)
    parser.add_argument("--vision", type=Path, required=True)
    parser.add_argument("--decoder", type=Path, required=True)
    parser.add_argument("--visits", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--clips", type=int, default=60)
    parser.add_argument("--questions", type=int, default=12)
    parser.add_argument("--keep", type=float, default=1.0, help="share of vision tokens kept")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = read_model(options.vision, options.decoder)
    words = Words.read(options.words)
    score = evaluate(model, words, options.visits, options.clips, options.questions, options.keep)
    count = sum(len(hits) for hits in score.kinds.values())
    print(f"{score.report()} | n {count}")


if __name__ == "__main__":
    main()
