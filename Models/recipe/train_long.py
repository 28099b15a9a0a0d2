# SPDX-License-Identifier: Apache-2.0

"""Stage 5: the decoder learns to keep count and order over long streams.

Stored clips are made long with quiet moments and thinned the way a bounded
cache does it, to a sixteenth at the most; some are read in full. Stories given
as statements, as in stage 2, go along for cheap practice on long timelines.
Every third clip is a short one as in stage 4, so that nothing is unlearned.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from .batches import collate
from .clip_conversations import Clip, cut, make_clip
from .clip_library import GRID, ClipLibrary, all_cells
from .training_run import LESSON_WEIGHT, Drawn, Run, options_of
from .training_loss import LessonHeads, loss_of
from .model import Decoder, Shape
from .clip_lengthening import close_gaps, stretch
from .frame_attributes import code_vectors
from .train_clips import draw_group as draw_short
from .train_stories import pick_cells, symbols_of
from .tokenizer import Words
from .world import Timeline, make_story, sample_story

#: How often each kind of question is drawn here: order and numbers most.
WEIGHTS = {
    "time": 0.1, "scene": 0.1, "now": 0.3, "first": 0.6, "last": 0.6, "total": 1.4, "did": 0.7,
    "count": 1.3, "direction": 1.0, "after": 3.0, "before": 3.0, "describe": 1.2,
}

#: Pairs that a stretched clip may have.
LONGEST = 130
#: Vision tokens from which on a clip counts as costly and is seldom read in full.
COSTLY = 1100
#: Vision tokens of a batch, which bound the memory of training.
WIDEST = 2400
#: Steps in which only the lessons' readings learn: the files that ship do not hold them.
READING_STEPS = 60


def thin_out(rng: np.random.Generator, timeline: Timeline, pairs: int) -> tuple[np.ndarray, np.ndarray]:
    """Which tokens enter the decoder, and which of those questions can see.

    Quiet stretches go first, and the newest pairs stay whole.
    """
    cells = all_cells(pairs)
    pair = cells[:, 0]
    kept = 1.0
    if rng.random() > (0.25 if len(cells) <= COSTLY else 0.12):
        share = min(np.exp(rng.uniform(np.log(1 / 16), np.log(0.7))), COSTLY / len(cells))
        busy = timeline.visit[pair] >= 0
        # Of the room, visits take between their even share and nearly all.
        favour = rng.uniform(1, 8)
        kept = share * len(cells) / (favour * busy.sum() + (~busy).sum()) * np.where(busy, favour, 1)
        if rng.random() < 0.3:
            # Some moments are lost altogether.
            kept = kept * (rng.random(pairs) < np.where(timeline.visit[:pairs] < 0, 0.5, 0.9))[pair]
    enter = (rng.random(len(cells)) < kept) | (pair >= pairs - int(rng.integers(1, 5)))
    for index in np.unique(timeline.visit[:pairs][timeline.visit[:pairs] >= 0]):
        # A visit of which nothing is left cannot be asked about.
        own = np.flatnonzero(timeline.visit[pair] == index)
        if enter[own].sum() < 2:
            enter[rng.choice(own, 2, replace=False)] = True
    cells = cells[enter]
    return cells, see(rng, cells[:, 0] >= pairs - 1)


def see(rng: np.random.Generator, newest: np.ndarray) -> np.ndarray:
    """Marks of tokens that questions can see [key heads or 1, tokens]."""
    chance = rng.random()
    if chance < 0.6:
        return np.ones((1, len(newest)), bool)
    # A compression may retain other tokens in each head.
    heads = Shape().key_heads if chance > 0.75 else 1
    return (rng.random((heads, len(newest))) < rng.uniform(0.3, 0.9)) | newest


def draw_long(rng: np.random.Generator, words: Words, library: ClipLibrary) -> Drawn:
    """A stored clip made long, with conversations about it."""
    timeline, tokens = library.pick(rng)
    length = int(np.exp(rng.uniform(np.log(12), np.log(LONGEST))))
    timeline, source = stretch(rng, timeline, length)
    pairs = cut(rng, timeline, 0.2)
    cells, seen = thin_out(rng, timeline, pairs)
    clip = make_clip(rng, words, timeline, pairs, cells, branches=8, weights=WEIGHTS)
    vision = tokens[source[cells[:, 0]], cells[:, 1] * GRID + cells[:, 2]].float()
    return placed(rng, clip), vision, seen


def placed(rng: np.random.Generator, clip: Clip) -> Clip:
    """The clip on a timeline that at times has its gaps closed."""
    return replace(clip, places=close_gaps(rng, clip.cells)) if rng.random() < 0.5 else clip


def draw_statements(rng: np.random.Generator, words: Words, branches: int) -> Clip:
    """A story on a long timeline, for tokens made from statements."""
    longest = float(np.exp(rng.uniform(np.log(2.5), np.log(30))))
    story = make_story(rng, int(rng.integers(11)), (1.6, longest), repeat=0.35)
    timeline = sample_story(story, float(rng.uniform(0, 1)))
    pairs = cut(rng, timeline, 0.2)
    clip = make_clip(rng, words, timeline, pairs, pick_cells(rng, timeline, pairs), branches, weights=WEIGHTS)
    return placed(rng, clip)


def draw_round(rng: np.random.Generator, words: Words, library: ClipLibrary, batch: int) -> list[list[Drawn]]:
    """Some batches of clips, like lengths together: two thirds of them long streams, one third short clips."""
    drawn = sorted((draw_long(rng, words, library) for _ in range(4 * batch)), key=lambda item: len(item[0].cells))
    groups: list[list[Drawn]] = [[]]
    for item in drawn:
        # Where clips are long, fewer of them go together.
        if len(groups[-1]) == batch or (len(groups[-1]) + 1) * len(item[0].cells) > WIDEST:
            groups.append([])
        groups[-1].append(item)
    groups += draw_short(rng, words, library, batch, 2)
    return [groups[i] for i in rng.permutation(len(groups)) if groups[i]]


def learn_readings(decoder: Decoder, heads: LessonHeads, words: Words, seed: int) -> None:
    """Let the lessons' readings catch up with a decoder that knows them already."""
    codes = code_vectors(decoder.shape.hidden_size)
    optimizer = torch.optim.AdamW(heads.parameters(), lr=1e-2, weight_decay=0.0)
    decoder.requires_grad_(False)
    for step in range(READING_STEPS):
        rng = np.random.default_rng((seed, 1, step))
        clips = [draw_statements(rng, words, 2) for _ in range(6)]
        batch = collate(words, clips)
        loss, *_ = loss_of(decoder, heads, batch, symbols_of(rng, clips, codes), 1.0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    decoder.requires_grad_(True)


def main() -> None:
    parser = options_of(
        __doc__.splitlines()[0], "clips", "checkpoint of stage 4, or of from_gguf", lr=6e-4, seed=5)
    parser.add_argument("--bfloat16", action="store_true", help="shorter numbers in products, for processors with them")
    options = parser.parse_args()
    run = Run("long", options)
    codes = code_vectors(Shape().hidden_size)
    if not run.step and not run.before.get("readings", True):
        learn_readings(run.decoder, run.lessons, run.words, options.seed)
    for rng in run.rounds():
        for group in draw_round(rng, run.words, run.library, options.batch):
            clips, batch, vision = run.batch_of(group)
            told = [draw_statements(rng, run.words, 6) for _ in range(2)]
            told_batch = collate(run.words, told)
            statements = symbols_of(rng, told, codes)
            with torch.autocast("cpu", torch.bfloat16, enabled=options.bfloat16):
                loss, right, part, named = loss_of(run.decoder, run.lessons, batch, vision, LESSON_WEIGHT)
                told_loss, *_ = loss_of(run.decoder, run.lessons, told_batch, statements, 0.5)
            run.learn(loss + told_loss, fall=0.6)
            read = batch.ids.numel() + told_batch.ids.numel()
            run.count(batch, clips, right, np.concatenate([part, named]), read)
        run.end_round(30, f"loss {loss.item():.3f} told {told_loss.item():.3f}")


if __name__ == "__main__":
    main()
