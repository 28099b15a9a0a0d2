# SPDX-License-Identifier: Apache-2.0

"""How many answers are right, by kind of question and by number of visits."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from torch import Tensor

from .batches import Batch
from .clip_conversations import Clip
from .questions import KINDS


class AnswerAccuracy:
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
