# SPDX-License-Identifier: Apache-2.0

"""Stage 2: the decoder learns the questions on stories without frames.

Each pair is given as a few tokens that are the plain sums of its attribute
codes, with some noise, at the positions the vision tokens would have. That is
cheap, so the counting and ordering can be practised often.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from .answer_accuracy import AnswerAccuracy
from .batches import collate
from .checkpoint import load, save
from .clip_conversations import Clip, cut, make_clip, no_video
from .training_loss import LessonHeads, loss_of, watch_only
from .auxiliary_targets import LESSONS
from .model import Shape, TinyQwen2VL
from .optimizer import Optimizers
from .questions import ABOUT, many
from .schedule import rate
from .sprites import THINGS
from .frame_attributes import ATTRIBUTES, code_vectors, encode
from .tokenizer import Words
from .world import make_story, sample_story

#: Chance that an attribute of a pair is misread, and the noise of each number.
MISREAD = np.array([0.01, 0.01, 0.02, 0.04, 0.04, 0.0, 0.0])
NOISE = 0.02


def pick_cells(rng: np.random.Generator, timeline, pairs: int, grid: int = 4) -> np.ndarray:
    """A few tokens of each pair; idle pairs may be left out altogether."""
    idle_kept = rng.uniform(0.2, 1) if rng.random() < 0.5 else 1.0
    busy_kept = rng.uniform(0.6, 1) if rng.random() < 0.25 else 1.0
    many = rng.random() < 0.3
    cells = []
    for pair in range(pairs):
        kept = busy_kept if timeline.visit[pair] >= 0 else idle_kept
        if rng.random() > kept and pair < pairs - 1:
            continue
        count = int(rng.integers(1, 5)) if many else int(rng.integers(1, 3))
        for cell in np.sort(rng.choice(grid * grid, count, replace=False)):
            cells.append((pair, cell // grid, cell % grid))
    return np.array(cells, np.int64)


def draw_clip(rng: np.random.Generator, words: Words, most: int) -> Clip:
    """A story of up to ``most`` visits with conversations about it."""
    if rng.random() < 0.04:
        return no_video(rng, words)
    visits = int(rng.integers(1, min(most, 4) + 1)) if rng.random() < 0.6 else int(rng.integers(1, most + 1))
    if rng.random() < 0.06:
        visits = 0
    gaps = (1.6, 3.2) if rng.random() < 0.7 else (1.6, 12.0)
    story = make_story(rng, visits, gaps)
    timeline = sample_story(story, float(rng.uniform(0, 1)))
    pairs = cut(rng, timeline, 0.25)
    return make_clip(rng, words, timeline, pairs, pick_cells(rng, timeline, pairs))


def draw_watched(rng: np.random.Generator, words: Words, most: int) -> Clip:
    """A story to watch without questions."""
    story = make_story(rng, int(rng.integers(1, most + 3)), repeat=0.4)
    timeline = sample_story(story, float(rng.uniform(0, 1)))
    pairs = len(timeline.starts)
    return make_clip(rng, words, timeline, pairs, pick_cells(rng, timeline, pairs), branches=0)


def lead_words_to_codes(decoder, words: Words, codes: torch.Tensor, share: float = 0.7) -> None:
    """Let the words of things start out near the codes of things."""
    with torch.no_grad():
        for index, thing in enumerate(THINGS):
            for word in (thing, many(thing)):
                ids = words(" " + word)
                if len(ids) == 1:
                    decoder.embed_tokens.weight[ids[0]] += share * codes[index]


def symbols_of(rng: np.random.Generator, clips: list[Clip], codes: torch.Tensor) -> torch.Tensor:
    """Tokens of all clips' cells, one after another [cells, hidden_size]."""
    rows = []
    sizes = np.array(list(ATTRIBUTES.values()))
    for clip in clips:
        if not clip.video:
            continue
        values = clip.values.copy()
        wrong = rng.random(values.shape) < MISREAD
        values[wrong] = (rng.random(values.shape) * sizes).astype(np.int64)[wrong]
        rows.append(values[clip.cells[:, 0]])
    tokens = encode(torch.from_numpy(np.concatenate(rows)), codes)
    noise = rng.normal(0, NOISE, tokens.shape).astype(np.float32)
    return tokens + torch.from_numpy(noise)


#: Layers in which a head starts out comparing things, and how strongly.
COMPARING = {0: 1.3, 1: 2.0, 4: 3.0}


def lead_heads_to_things(decoder, codes: torch.Tensor) -> None:
    """Let one head of some layers start out looking for the thing a token is about.

    Its queries and keys are the thing's code, put into RoPE's slowest
    dimensions, which hardly rotate with distance. Without this lead most of the
    training time goes by before the decoder looks up a named thing at all.
    """
    shape = decoder.shape
    things = codes[: len(THINGS)]
    slow = shape.head // 2 - len(THINGS)
    query = (shape.heads - 1) * shape.head
    key = (shape.key_heads - 1) * shape.head
    with torch.no_grad():
        for index, strength in COMPARING.items():
            attention = decoder.layers[index].self_attn
            attention.q_proj.weight[query : query + shape.head] = 0
            attention.q_proj.bias[query : query + shape.head] = 0
            attention.q_proj.weight[query + slow : query + shape.head // 2] = strength * things
            attention.k_proj.weight[key + slow : key + shape.head // 2] = strength * things
            attention.k_proj.bias[key + slow : key + shape.head // 2] = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", type=Path, required=True, help="tokenizer file")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint, also read to go on")
    parser.add_argument("--steps", type=int, default=1400)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--watch", type=int, default=8, help="clips a step without questions")
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    words = Words.read(options.words)
    shape = Shape()
    decoder = TinyQwen2VL(shape, options.seed).language_model
    modules = {"language_model": decoder, "lessons": LessonHeads(shape.hidden_size)}
    optimizers = Optimizers(modules, options.lr)
    progress = load(options.out, modules, optimizers)
    step, most = progress["step"], progress.get("most", 1)
    codes = code_vectors(shape.hidden_size)
    if not progress.get("led"):
        lead_words_to_codes(decoder, words, codes)
        lead_heads_to_things(decoder, codes)

    began = saved = time.time()
    score, tokens, shares, raised = AnswerAccuracy(), 0, np.zeros(len(LESSONS) + len(ABOUT)), step
    while step < options.steps:
        rng = np.random.default_rng((options.seed, step))
        clips = [draw_clip(rng, words, most) for _ in range(options.batch)]
        if not any(clip.video for clip in clips):
            step += 1
            continue
        batch = collate(words, clips)
        vision = symbols_of(rng, clips, codes)
        loss, right, _, named = loss_of(decoder, modules["lessons"], batch, vision, 1.0)
        watched = [draw_watched(rng, words, most) for _ in range(options.watch)]
        lesson_batch = collate(words, watched)
        extra, part = watch_only(decoder, modules["lessons"], lesson_batch, symbols_of(rng, watched, codes))
        optimizers.step(loss + extra, rate(step, options.steps, options.lr))
        step += 1
        score.add(batch, clips, right)
        tokens += batch.ids.numel()
        shares += np.concatenate([part, named]) / 50
        if step % 50 == 0:
            names = " ".join(f"{name} {value:.3f}" for name, value in zip([*LESSONS, *ABOUT], shares))
            seconds = time.time() - began
            print(f"symbols {step} {seconds:.0f}s most {most} loss {loss.item():.3f} watch {extra.item():.3f} "
                  f"{tokens / seconds:.0f}/s")
            print(f"  lessons {names}\n  {score.report()}", flush=True)
            reached = score.overall()
            if reached > (0.75 if most < 4 else 0.85) and most < 10 and step - raised >= 50:
                most, raised = (most + 1 if most < 4 else most + 2), step
            score, shares = AnswerAccuracy(), np.zeros(len(LESSONS) + len(ABOUT))
        if time.time() - saved > 60 or step == options.steps:
            saved = time.time()
            save(options.out, modules, optimizers, step=step, most=most, led=True)


if __name__ == "__main__":
    main()
