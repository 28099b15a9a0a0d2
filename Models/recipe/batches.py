# SPDX-License-Identifier: Apache-2.0

"""Clips with their conversations, laid out side by side for the decoder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from .clip_conversations import Clip
from .model import Layout, Shape
from .questions import ABOUT, Question
from .tokenizer import Words


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
