# SPDX-License-Identifier: Apache-2.0

"""Clips with their conversations: which questions are asked of a clip, and in which turns.

A clip's beginning is the system prompt and the video; its branches are
conversations of one or more turns that see the beginning and themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from .small_talk import outside, small_talk, without_video
from .auxiliary_targets import LESSONS, lessons, pair_values
from .questions import Question, all_questions, choose, loosen, many, seen_until
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
