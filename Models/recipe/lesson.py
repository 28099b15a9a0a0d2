"""One training step's loss: answers to the questions and the lessons besides."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .batches import Batch, Clip
from .memory import LESSONS
from .model import Decoder
from .questions import KINDS

#: After this many layers the decoder should know what has happened so far.
TAP = 4


class LessonHeads(nn.Module):
    """Linear readings of the lessons; thrown away after training."""

    def __init__(self, width: int):
        super().__init__()
        self.head = nn.Linear(width, sum(LESSONS.values()))

    def forward(self, hidden: Tensor) -> list[Tensor]:
        normal = F.rms_norm(hidden, (hidden.shape[-1],))
        return list(self.head(normal).split(list(LESSONS.values()), -1))


def run(decoder: Decoder, batch: Batch, vision: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Scores and truth at the answers' tokens, and hidden states at vision tokens."""
    x = decoder.embed_tokens(batch.ids)
    x = x.masked_scatter(batch.video[..., None], vision)
    final, tapped = decoder(x, batch.positions, batch.layout, TAP)
    # The token before an answer's token predicts it. Branches lie one after
    # another and none begins with an answer, so a shift by one is right.
    before = torch.roll(batch.learn, -1, 1)
    return decoder.words(final[before]), batch.ids[batch.learn], tapped[batch.video]


def loss_of(
    decoder: Decoder, heads: LessonHeads, batch: Batch, vision: Tensor, weight: float
) -> tuple[Tensor, Tensor, np.ndarray]:
    """Total loss, which answer tokens are right, and the lessons' shares right."""
    scores, truth, hidden = run(decoder, batch, vision)
    loss = F.cross_entropy(scores, truth)
    right = scores.detach().argmax(-1) == truth
    extra, shares = lessons_loss(heads, hidden, batch.lessons)
    return loss + weight * extra, right, shares


def lessons_loss(heads: LessonHeads, hidden: Tensor, answers: Tensor) -> tuple[Tensor, np.ndarray]:
    """Mean loss of the lessons at vision tokens, and the shares right."""
    loss, shares = torch.zeros(()), np.ones(len(LESSONS))
    if len(hidden):
        for index, part in enumerate(heads(hidden)):
            answer = answers[:, index]
            loss = loss + F.cross_entropy(part, answer) / len(LESSONS)
            shares[index] = (part.detach().argmax(-1) == answer).float().mean().item()
    return loss, shares


def watch_only(decoder: Decoder, heads: LessonHeads, batch: Batch, vision: Tensor) -> tuple[Tensor, np.ndarray]:
    """The lessons alone, on clips without questions; far cheaper a clip."""
    x = decoder.embed_tokens(batch.ids).masked_scatter(batch.video[..., None], vision)
    _, tapped = decoder(x, batch.positions, batch.layout, TAP)
    return lessons_loss(heads, tapped[batch.video], batch.lessons)


class Score:
    """Exact matches by kind of question and by number of visits."""

    def __init__(self) -> None:
        self.kinds: dict[str, list[int]] = defaultdict(list)
        self.visits: dict[int, list[int]] = defaultdict(list)

    def add(self, batch: Batch, clips: list[Clip], right: Tensor) -> None:
        marks = right.numpy()
        for row, question, first, last in batch.turns:
            hit = int(marks[first : last + 1].all())
            self.kinds[question.kind].append(hit)
            if clips[row].video and question.kind in KINDS:
                self.visits[clips[row].visits].append(hit)

    def overall(self, last: int = 10**9) -> float:
        hits = [hit for kind in KINDS for hit in self.kinds[kind][-last:]]
        return float(np.mean(hits)) if hits else 0.0

    def report(self) -> str:
        kinds = " ".join(
            f"{kind} {np.mean(self.kinds[kind]):.2f}" for kind in [*KINDS, "chat", "unknown"] if self.kinds[kind]
        )
        visits = " ".join(f"{count}:{np.mean(hits):.2f}" for count, hits in sorted(self.visits.items()))
        return f"all {self.overall():.3f} | {kinds} | by visits {visits}"
