# SPDX-License-Identifier: Apache-2.0

"""The stored clips that stages 4 and 5 learn on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from .encode_clips import timeline_of
from .world import Timeline

GRID = 4


def all_cells(pairs: int) -> np.ndarray:
    """Pair, row and column of every token of the first ``pairs`` pairs."""
    pair, cell = np.divmod(np.arange(pairs * GRID * GRID), GRID * GRID)
    return np.stack([pair, cell // GRID, cell % GRID], 1)


class ClipLibrary:
    """Stored clips; more may appear while training runs."""

    def __init__(self, folder: Path):
        self.folder, self.names = folder, set()
        self.clips: list[tuple[int, torch.Tensor]] = []
        self.timelines: dict[int, Timeline] = {}

    def refresh(self) -> None:
        for path in sorted(self.folder.glob("clips-*.pt")):
            if path.name not in self.names:
                self.names.add(path.name)
                self.clips += torch.load(path)

    def pick(self, rng: np.random.Generator) -> tuple[Timeline, torch.Tensor]:
        """A stored clip; long ones, which cost the most, are passed over at times."""
        while True:
            seed, tokens = self.clips[rng.integers(len(self.clips))]
            if len(tokens) <= 45 or rng.random() < 0.3:
                break
        if seed not in self.timelines:
            self.timelines[seed] = timeline_of(seed)[0]
        return self.timelines[seed], tokens
