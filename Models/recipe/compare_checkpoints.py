# SPDX-License-Identifier: Apache-2.0

"""Exact matches on unseen clips, quickly: drawn, not through video files.

An answer counts when every one of its tokens is the likeliest, which is when
greedy decoding gives exactly it. Each question is asked on its own.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from .answer_accuracy import AnswerAccuracy
from .batches import collate
from .clip_conversations import Clip, ask_about, converse, cut
from .clip_library import GRID, all_cells
from .encode_clips import frames_of, timeline_of, tokens_of
from .model import Decoder, VisionTower
from .questions import KINDS, seen_until
from .clip_lengthening import close_gaps
from .to_hf import read_model
from .tokenizer import Words
from .world import PAIR, Timeline

#: Seeds from here on are for evaluation only.
FIRST_SEED = 900_000

#: How much likelier a token of a visit stays than one of a quiet moment.
FAVOUR = 4.0

#: Seconds that a visit takes on the average.
VISIT = 5.5


def gaps_for(visits: int, pairs: int) -> tuple[float, float]:
    """Seconds between visits that make a clip of about ``pairs`` pairs."""
    mean = max(1.6, (pairs * PAIR - visits * VISIT) / max(1, visits))
    return 0.5 * mean, 1.5 * mean


def thin_out(rng: np.random.Generator, timeline: Timeline, pairs: int, keep: float) -> np.ndarray:
    """Cells of which about the share ``keep`` stays: the newest pairs, and visits rather than quiet moments."""
    cells = all_cells(pairs)
    if keep == 1:
        return cells
    busy = timeline.visit[cells[:, 0]] >= 0
    chance = keep * len(cells) / (FAVOUR * busy.sum() + (~busy).sum()) * np.where(busy, FAVOUR, 1)
    return cells[(rng.random(len(cells)) < chance) | (cells[:, 0] >= pairs - 2)]


@torch.no_grad()
def evaluate(
    tower: VisionTower,
    decoders: list[Decoder],
    words: Words,
    visits: list[int],
    clips: int,
    questions: int,
    keeps: list[float],
    pairs: int | None = None,
) -> list[list[AnswerAccuracy]]:
    """Scores of each decoder at each share of tokens kept, on ``clips`` clips with the numbers of visits in turn."""
    scores = [[AnswerAccuracy() for _ in keeps] for _ in decoders]
    for index in range(clips):
        count = visits[index % len(visits)]
        timeline, rng = timeline_of(FIRST_SEED + index, count, gaps_for(count, pairs) if pairs else None)
        seen = cut(rng, timeline, 0.0)
        tokens = tokens_of(tower, frames_of(timeline, rng)[: 2 * seen]).float()
        asked = ask_about(rng, timeline, seen, questions, careful=True)
        empty = np.zeros((seen, 0), np.int64)
        branches = converse(words, asked, len(asked), 1)
        for place, keep in enumerate(keeps):
            cells = thin_out(rng, timeline, seen, keep)
            places = close_gaps(rng, cells) if keep < 1 else cells
            clip = Clip(cells, empty, empty, branches, len(seen_until(timeline, seen)), places=places)
            batch = collate(words, [clip])
            vision = tokens[cells[:, 0], cells[:, 1] * GRID + cells[:, 2]]
            for decoder, marks in zip(decoders, scores):
                x = decoder.embed_tokens(batch.ids).masked_scatter(batch.video[..., None], vision)
                final, _ = decoder(x, batch.positions, batch.layout)
                likeliest = decoder.words(final[torch.roll(batch.learn, -1, 1)]).argmax(-1)
                marks[place].add(batch, [clip], likeliest == batch.ids[batch.learn])
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", type=Path, required=True)
    parser.add_argument("--vision", type=Path, required=True)
    parser.add_argument("--decoder", type=Path, nargs="+", required=True, help="checkpoints to compare")
    parser.add_argument("--visits", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--clips", type=int, default=60)
    parser.add_argument("--questions", type=int, default=12)
    parser.add_argument("--keep", type=float, nargs="+", default=[1.0], help="shares of vision tokens kept")
    parser.add_argument("--pairs", type=int, help="about how long a clip is, by longer gaps; else they are short")
    options = parser.parse_args()
    torch.set_num_threads(1)
    words = Words.read(options.words)
    models = [read_model(options.vision, path) for path in options.decoder]
    scores = evaluate(
        models[0].visual,
        [model.language_model for model in models],
        words,
        options.visits,
        options.clips,
        options.questions,
        options.keep,
        options.pairs,
    )
    for path, row in zip(options.decoder, scores):
        for keep, score in zip(options.keep, row):
            count = sum(len(score.kinds[kind]) for kind in KINDS)
            print(f"{path.name} keep {keep:.3f} | {score.report()} | n {count}", flush=True)


if __name__ == "__main__":
    main()
