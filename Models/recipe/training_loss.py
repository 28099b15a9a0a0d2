# SPDX-License-Identifier: Apache-2.0

"""One training step's loss: answers to the questions and the lessons besides."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .batches import Batch
from .auxiliary_targets import LESSONS
from .model import Decoder
from .questions import ABOUT, OPEN

#: After this many layers the decoder should know, at vision tokens, what has
#: happened so far, and after this many, where a question names a thing, what
#: there is to know of that thing.
WATCHED, NAMED = 4, 5


class LessonHeads(nn.Module):
    """Linear readings of the lessons; thrown away after training."""

    def __init__(self, hidden_size: int):
        super().__init__()
        self.head = nn.Linear(hidden_size, sum(LESSONS.values()))
        self.named_head = nn.Linear(hidden_size, sum(ABOUT.values()))

    def watched(self, hidden: Tensor) -> list[Tensor]:
        return read_off(self.head, hidden, LESSONS)

    def named(self, hidden: Tensor) -> list[Tensor]:
        return read_off(self.named_head, hidden, ABOUT)


def read_off(head: nn.Linear, hidden: Tensor, sizes: dict[str, int]) -> list[Tensor]:
    """Scores of each lesson from hidden states."""
    normal = F.rms_norm(hidden, (hidden.shape[-1],))
    return list(head(normal).split(list(sizes.values()), -1))


def mean_loss(parts: list[Tensor], answers: Tensor) -> tuple[Tensor, np.ndarray]:
    """Mean loss over lessons, and the shares right; open answers do not count."""
    loss, shares = torch.zeros(()), np.ones(len(parts))
    for index, part in enumerate(parts):
        fixed = answers[:, index] != OPEN
        if fixed.any():
            answer, scores = answers[fixed, index], part[fixed]
            loss = loss + F.cross_entropy(scores, answer) / len(parts)
            shares[index] = (scores.detach().argmax(-1) == answer).float().mean().item()
    return loss, shares


def loss_of(
    decoder: Decoder, heads: LessonHeads, batch: Batch, vision: Tensor, weight: float
) -> tuple[Tensor, Tensor, np.ndarray, np.ndarray]:
    """Total loss, which answer tokens are right, and the shares of lessons right."""
    x = decoder.embed_tokens(batch.ids)
    x = x.masked_scatter(batch.video[..., None], vision)
    final, (early, late) = decoder(x, batch.positions, batch.layout, (WATCHED, NAMED))
    # The token before an answer's token predicts it. Branches lie one after
    # another and none begins with an answer, so a shift by one is right.
    before = torch.roll(batch.learn, -1, 1)
    scores, truth = decoder.words(final[before]), batch.ids[batch.learn]
    right = scores.detach().argmax(-1) == truth
    watched, watched_shares = mean_loss(heads.watched(early[batch.video]), batch.lessons)
    named, named_shares = mean_loss(heads.named(late.flatten(0, 1)[batch.named]), batch.about)
    loss = F.cross_entropy(scores, truth) + weight * (watched + named)
    return loss, right, watched_shares, named_shares


def watch_only(decoder: Decoder, heads: LessonHeads, batch: Batch, vision: Tensor) -> tuple[Tensor, np.ndarray]:
    """The watching lessons alone, on clips without questions; far cheaper a clip."""
    x = decoder.embed_tokens(batch.ids).masked_scatter(batch.video[..., None], vision)
    _, (early,) = decoder(x, batch.positions, batch.layout, (WATCHED,))
    return mean_loss(heads.watched(early[batch.video]), batch.lessons)
