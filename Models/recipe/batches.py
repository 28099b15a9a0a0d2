# SPDX-License-Identifier: Apache-2.0

"""Clips with their conversations, laid out for the decoder.

A clip's beginning is the system prompt and the video; its branches are
conversations of one or more turns that see the beginning and themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import torch

from .small_talk import outside, small_talk, without_video
from .auxiliary_targets import LESSONS, lessons, pair_values
from .model import Layout
from .questions import ABOUT, Question, all_questions, choose, loosen, many, seen_until
from .tokenizer import Words
from .world import Timeline

#: How often each kind of question is drawn.
WEIGHTS = {
    "time": 0.15, "scene": 0.15, "now": 0.5, "first": 0.7, "last": 0.7, "total": 0.7,
    "describe": 1.6, "direction": 1.3, "count": 1.3, "did": 1.3,
}

#: Tokens a branch of several turns may fill; a single turn may be longer.
BRANCH = 58


@dataclass
class Branch:
    """One conversation: tokens, which of them are answers, and its turns."""

    ids: list[int] = field(default_factory=list)
    learn: list[bool] = field(default_factory=list)
    turns: list[tuple[Question, int, int]] = field(default_factory=list)
    #: Where a question names a thing, and what there is to know of it.
    named: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)


@dataclass
class Clip:
    """What a batch needs to know about one clip."""

    #: Pair index, row and column of every vision token kept, in stream order.
    cells: np.ndarray
    #: Attribute values and lessons of every pair.
    values: np.ndarray
    answers: np.ndarray
    branches: list[Branch]
    visits: int
    #: False for a conversation without a video.
    video: bool = True
    #: Where on the timeline the cells stand, if not where they came.
    places: np.ndarray | None = None


def converse(words: Words, questions: list[Question], count: int, turns: int) -> list[Branch]:
    """Pack questions into ``count`` branches of at most ``turns`` turns."""
    branches: list[Branch] = []
    current: Branch | None = None
    for question in questions:
        ask = words(question.ask) + words.to_answer
        answer = words(question.answer) + [words.end]
        extra = len(words.to_question) + len(ask) + len(answer)
        fits = current and len(current.turns) < turns and len(current.ids) + extra <= BRANCH
        if not fits:
            if len(branches) == count:
                break
            current = Branch()
            branches.append(current)
        else:
            ask = words.to_question + ask
        place = name_place(words, question.thing, ask)
        if place is not None:
            current.named.append((len(current.ids) + place, question.known))
        first = len(current.ids) + len(ask)
        current.turns.append((question, first, first + len(answer)))
        current.ids += ask + answer
        current.learn += [False] * len(ask) + [True] * len(answer)
    return branches


def name_place(words: Words, thing: str, ask: list[int]) -> int | None:
    """Where in a question's tokens the thing is named, if it is a single token."""
    for word in (thing, many(thing)) if thing else ():
        ids = words(" " + word)
        if len(ids) == 1 and ids[0] in ask:
            return ask.index(ids[0])
    return None


def cut(rng: np.random.Generator, timeline: Timeline, midway: float) -> int:
    """How many pairs have been seen when the questions come."""
    pairs = len(timeline.starts)
    if rng.random() < midway:
        pairs = int(rng.integers(1, pairs + 1))
    while pairs > 1 and not timeline.settled(pairs):
        pairs -= 1
    return pairs


def ask_about(
    rng: np.random.Generator, timeline: Timeline, pairs: int, count: int, careful: bool = False, weights: dict = WEIGHTS
) -> list[Question]:
    """Questions on the first ``pairs`` pairs; ``careful`` ones are typed cleanly."""
    story = timeline.story
    found = all_questions(rng, seen_until(timeline, pairs), story.scene, story.time)
    found = [q for q in found if q.kind != "describe" or q.answer.count("Then") < 5]
    asked = choose(rng, found, count, weights)
    if careful:
        return asked
    asked = [replace(q, ask=loosen(rng, q.ask)) for q in asked]
    if rng.random() < 0.3:
        stray = outside(rng) if rng.random() < 0.6 else small_talk(rng)
        asked.insert(int(rng.integers(len(asked) + 1)), stray)
    return asked


def make_clip(
    rng: np.random.Generator,
    words: Words,
    timeline: Timeline,
    pairs: int,
    cells: np.ndarray,
    branches: int = 6,
    turns: int = 3,
    weights: dict = WEIGHTS,
) -> Clip:
    """Facts, lessons and conversations of one clip."""
    values = pair_values(timeline)
    asked = ask_about(rng, timeline, pairs, 3 * branches + 2, weights=weights) if branches else []
    return Clip(
        cells,
        values,
        lessons(timeline, values),
        converse(words, asked, branches, turns),
        len(seen_until(timeline, pairs)),
    )


def no_video(rng: np.random.Generator, words: Words, branches: int = 6) -> Clip:
    """Conversations without any video."""
    asked = [without_video(rng) for _ in range(3 * branches)]
    asked = [replace(q, ask=loosen(rng, q.ask)) for q in asked]
    empty = np.zeros((0, 3), np.int64)
    nothing = np.zeros((0, len(LESSONS)), np.int64)
    return Clip(empty, nothing, nothing, converse(words, asked, branches, 3), 0, video=False)


@dataclass
class Batch:
    ids: torch.Tensor  # [clips, tokens], beginning first, then the branches
    positions: torch.Tensor  # [3, clips, tokens]
    video: torch.Tensor  # where vision tokens go
    learn: torch.Tensor  # tokens that are answers
    layout: Layout
    lessons: torch.Tensor  # [vision tokens, lessons]
    #: Where things are named in questions (flat), and what to know of them.
    named: torch.Tensor
    about: torch.Tensor
    #: Clip, question, first and last row of ``learn`` of every turn.
    turns: list[tuple[int, Question, int, int]]


def collate(words: Words, clips: list[Clip]) -> Batch:
    """Lay clips out side by side."""
    opening = words.opening
    head = len(opening) + 1
    start = max(head + len(clip.cells) + 1 for clip in clips)
    branches = max(len(clip.branches) for clip in clips)
    length = max((len(branch.ids) for clip in clips for branch in clip.branches), default=0)
    total = start + branches * length
    ids = np.full((len(clips), total), words.pad)
    positions = np.zeros((3, len(clips), total), np.int64)
    video = np.zeros(ids.shape, bool)
    learn = np.zeros(ids.shape, bool)
    mask = np.full((len(clips), 1, 1, start), -1e9, np.float32)
    spans, named, known = [], [], []
    for row, clip in enumerate(clips):
        if clip.video:
            count = len(clip.cells)
            used = head + count + 1
            ids[row, :used] = opening + words.vision_start + [words.video] * count + words.vision_end
            video[row, head : head + count] = True
            positions[:, row, :head] = np.arange(head)
            places = clip.cells if clip.places is None else clip.places
            positions[:, row, head : head + count] = head + places.T
            after = int(positions[:, row, : head + count].max()) + 1
            positions[:, row, head + count] = after
            after += 1
        else:
            used = after = len(opening)
            ids[row, :used] = opening
            positions[:, row, :used] = np.arange(used)
        mask[row, 0, 0, :used] = 0
        for index, branch in enumerate(clip.branches):
            first = start + index * length
            last = first + len(branch.ids)
            ids[row, first:last] = branch.ids
            learn[row, first:last] = branch.learn
            positions[:, row, first : first + length] = after + np.arange(length)
            named += [row * total + first + place for place, _ in branch.named]
            known += [facts for _, facts in branch.named]
            for question, begin, end in branch.turns:
                spans.append((row, question, first + begin, first + end))
    rows = np.cumsum(learn.ravel()) - 1
    turns = [
        (row, question, int(rows[row * total + begin]), int(rows[row * total + end - 1]))
        for row, question, begin, end in spans
    ]
    taught = [clip.answers[clip.cells[:, 0]] for clip in clips]
    return Batch(
        torch.from_numpy(ids),
        torch.from_numpy(positions),
        torch.from_numpy(video),
        torch.from_numpy(learn),
        Layout(len(clips), start, branches, length, torch.from_numpy(mask)),
        torch.from_numpy(np.concatenate(taught)),
        torch.tensor(named, dtype=torch.long),
        torch.tensor(known, dtype=torch.long).reshape(-1, len(ABOUT)),
        turns,
    )
